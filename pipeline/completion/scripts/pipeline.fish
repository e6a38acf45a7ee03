# Completes `pipeline` in fish:
#   pipeline completion fish | source
function __pipeline_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (@PIPELINE@ __complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\n' $lines
    end
end
complete -c pipeline -f -a '(__pipeline_complete)'
