# Completes `pipeline` in bash 4 and later:
#   source <(pipeline completion bash)
_pipeline() {
  local line=${COMP_LINE:0:COMP_POINT} words word
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=${words[${#words[@]} - 1]}
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
  done < <(@PIPELINE@ __complete -- "${words[@]:1}" 2>/dev/null)
  # What ends so goes on.
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
}
complete -F _pipeline pipeline
