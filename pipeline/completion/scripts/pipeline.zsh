#compdef pipeline
# Completes `pipeline` in zsh, after compinit:
#   source <(pipeline completion zsh)
_pipeline() {
  local -a lines ended open endedLabels openLabels
  local line word label
  local -i unmatched=1
  lines=("${(@f)$(@PIPELINE@ __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $lines[1] == :files ]]; then
    _files
    return
  fi
  for line in $lines; do
    word=${line%%$'\t'*}
    label=${line/$'\t'/  -- }
    # What ends so goes on: no space after it.
    if [[ $word == *[=/] ]]; then
      open+=("$word")
      openLabels+=("$label")
    else
      ended+=("$word")
      endedLabels+=("$label")
    fi
  done
  (( $#ended )) && compadd -l -d endedLabels -a ended && unmatched=0
  (( $#open )) && compadd -l -S '' -d openLabels -a open && unmatched=0
  return unmatched
}
compdef _pipeline pipeline
