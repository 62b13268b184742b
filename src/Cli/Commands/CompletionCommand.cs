namespace Fulgurite.Cli;

/// <summary>Prints the completion script of a shell; the script queries the tool for suggestions.</summary>
internal sealed class CompletionCommand : Command
{
    private const string Bash = """
        # fulgurite completion for bash: add to ~/.bashrc:  eval "$(fulgurite completion bash)"
        _fulgurite_complete() {
            local line=${COMP_LINE:0:$COMP_POINT} current=${COMP_WORDS[COMP_CWORD]}
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(fulgurite "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$current"))
            # Words of the tool first; where it knows none, files.
            [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
        }
        complete -o filenames -F _fulgurite_complete fulgurite
        """;

    private const string Zsh = """
        # fulgurite completion for zsh: add to ~/.zshrc after compinit:  eval "$(fulgurite completion zsh)"
        _fulgurite() {
            local -a words_found
            words_found=("${(@f)$(fulgurite "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null)}")
            words_found=(${words_found:#})
            (( ${#words_found} )) && compadd -a words_found
            _files
        }
        compdef _fulgurite fulgurite
        """;

    private readonly Argument<string> _shell = new("shell") { Description = "bash or zsh" };

    public CompletionCommand(Screen screen)
        : base("completion", "Print a script that completes command lines in bash or zsh")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh");
        Add(_shell);
        SetAction(result =>
        {
            screen.WriteLine(result.GetValue(_shell) == "bash" ? Bash : Zsh);
            return ExitCode.Success;
        });
    }
}
