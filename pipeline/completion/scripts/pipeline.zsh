#compdef pipeline
# Completes `pipeline`, and `npx pipeline`, in zsh, after compinit:
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
# After npx, behind its options; whatever completed npx before goes on for other programs.
_pipeline_npx() {
  local -i first=2
  while [[ $words[first] == -* ]]; do (( first++ )); done
  if (( first < CURRENT )) && [[ $words[first] == pipeline ]]; then
    words=("${(@)words[first,-1]}")
    (( CURRENT -= first - 1 ))
    _pipeline
  elif (( first == CURRENT )) && [[ -n $PREFIX && pipeline == $PREFIX* ]]; then
    compadd pipeline
  else
    ${_pipeline_npx_other:-_default}
  fi
}
[[ ${_comps[npx]} == _pipeline_npx ]] || typeset -g _pipeline_npx_other=${_comps[npx]}
compdef _pipeline pipeline
compdef _pipeline_npx npx
