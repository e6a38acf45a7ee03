# Completes `pipeline`, and `npx pipeline`, in bash 4 and later:
#   source <(pipeline completion bash)
_pipeline() {
  local line=${COMP_LINE:0:COMP_POINT} words word
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=${words[${#words[@]} - 1]} first=1
  # After npx, behind its options.
  if [[ ${words[0]} == npx ]]; then
    while [[ ${words[first]} == -* ]]; do ((first++)); done
    if ((first == ${#words[@]} - 1)) && [[ -n $current && pipeline == "$current"* ]]; then
      COMPREPLY=(pipeline)
      return
    elif [[ ${words[first]} != pipeline || $first -ge ${#words[@]}-1 ]]; then
      if [[ -n $_pipeline_npx ]]; then "$_pipeline_npx" "$@"; else compopt -o default; fi
      return
    fi
    ((first++))
  fi
  # Bash takes what follows the last = or : for a word of its own.
  local breaks=${COMP_WORDBREAKS//[^=:]/} taken=
  [[ -n $breaks ]] && taken=${current%"${current##*[$breaks]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    if [[ $word == :files ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("${word#"$taken"}")
  done < <(@PIPELINE@ __complete -- "${words[@]:first}" 2>/dev/null)
  # What ends so goes on.
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
}
# Whatever completed npx before goes on for other programs.
if [[ $(complete -p npx 2>/dev/null) =~ ' -F '([^ ]+) && ${BASH_REMATCH[1]} != _pipeline ]]; then
  _pipeline_npx=${BASH_REMATCH[1]}
fi
complete -F _pipeline pipeline npx
