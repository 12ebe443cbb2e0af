import { script } from '@bomb.sh/tab';

/** Shells that can learn to complete this program's commands. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** The word with which a shell asks what could come next. */
export const ASKS = 'complete';
/** The answer where files could: a shell knows those itself. As the library numbers it. */
export const FILES = ':0';
/** What a person types: what npm runs no shell completes. */
const PROGRAM = 'knocknoc-okta-zone';

/**
 * For bash, also that of macOS (3.2). That of the library evaluates what is typed: a `$(…)` in the line would run when somebody presses
 * Tab. It also needs the package bash-completion, and completes nothing behind `=`.
 */
const BASH = `# bash completion for ${PROGRAM}
__knocknoc_okta_zone() {
  local typed="\${COMP_LINE:0:COMP_POINT}" line
  local -a words
  read -r -a words <<< "$typed"
  case "$typed" in *[[:space:]]) words+=("") ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      ${FILES}) __knocknoc_okta_zone_files "\${typed##*[[:space:]=]}" ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(${PROGRAM} ${ASKS} -- "\${words[@]:1}" 2> /dev/null)
}
__knocknoc_okta_zone_files() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$1")
  compopt -o filenames 2> /dev/null
}
complete -F __knocknoc_okta_zone ${PROGRAM}`;

/** Writes the lines by which a shell learns to ask. */
export function printScript(shell: (typeof SHELLS)[number]): void {
  if (shell === 'bash') console.log(BASH);
  else script(shell, PROGRAM, PROGRAM);
}
