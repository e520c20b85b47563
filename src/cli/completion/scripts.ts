/** The shells there is a script for. */
export const shells = ['bash', 'zsh', 'fish', 'pwsh'] as const;
export type Shell = (typeof shells)[number];

// Each asks the program itself, so that names of reservations are those there are. A line is a word, a tab, and what it is.

const bash = `_portreservation() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$(printf %q "$word")")
  done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _portreservation portreservation
`;

const zsh = `#compdef portreservation
_portreservation() {
  local -a found shown
  local line
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    found+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  if (( $#found )); then
    compadd -l -d shown -a found
  else
    _default
  fi
}
if [[ "\${funcstack[1]}" == _portreservation ]]; then
  _portreservation "$@"
else
  compdef _portreservation portreservation
fi
`;

const fish = `function __portreservation_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c portreservation -n 'not __fish_seen_subcommand_from exec run reserve' -f -a '(__portreservation_complete)'
complete -c portreservation -n '__fish_seen_subcommand_from exec run reserve' -a '(__portreservation_complete)'
`;

// Windows PowerShell leaves empty arguments out.
const pwsh = `Register-ArgumentCompleter -Native -CommandName portreservation -ScriptBlock {
    param($word, $ast, $position)
    $elements = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $position })
    $words = @($elements | ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    $program, $words = $words
    $new = if ($word -eq '') { '--new-word' }
    foreach ($line in & $program complete $new -- $words 2>$null) {
        $found, $description = $line -split "\`t", 2
        if (-not $description) { $description = $found }
        $escaped = [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($found)
        $text = if ($found -match '^[\\w.:/+-]+$') { $found } else { "'$escaped'" }
        [System.Management.Automation.CompletionResult]::new($text, $found, 'ParameterValue', $description)
    }
}
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, pwsh };

export const completionHelp = `
  bash   in ~/.bashrc:
         source <(portreservation completion bash)
  zsh    in ~/.zshrc, after compinit:
         source <(portreservation completion zsh)
  fish   in ~/.config/fish/config.fish:
         portreservation completion fish | source
  pwsh   in $PROFILE:
         portreservation completion pwsh | Out-String | Invoke-Expression`;
