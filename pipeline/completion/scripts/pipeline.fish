# Completes `pipeline`, and `npx pipeline`, in fish:
#   pipeline completion fish | source
function __pipeline_words
    # What is written behind the program's name; fails where that is another program of npx.
    set -l words (commandline -opc)
    if test "$words[1]" = npx
        set -e words[1]
        while string match -q -- '-*' "$words[1]"
            set -e words[1]
        end
        test "$words[1]" = pipeline; or return 1
    end
    if set -q words[2]
        printf '%s\n' $words[2..-1]
    end
    return 0
end
function __pipeline_complete
    set -l words (__pipeline_words)
    set -l current (commandline -ct)
    set -l lines (@PIPELINE@ __complete -- $words "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\n' $lines
    end
end
complete -c pipeline -f -a '(__pipeline_complete)'
complete -c npx -n '__pipeline_words >/dev/null' -f -a '(__pipeline_complete)'
