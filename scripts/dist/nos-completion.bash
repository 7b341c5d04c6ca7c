# SPDX-License-Identifier: MIT
# bash completion for every tool of nos: the options come from the tool itself, TOOL --complete, a
# line each: the option and its argument's word. Words parted by '|' are a choice.
# shellcheck shell=bash

_nos_complete() {
	local tool=$1 word=$2 previous=$3 options argument

	options=$("$tool" --complete 2>/dev/null) || return
	# bash parts "--option=value" at the '='.
	[[ $previous != = ]] || previous=${COMP_WORDS[COMP_CWORD - 2]}
	[[ $word != = ]] || word=
	argument=$(sed -n "s/^$previous //p" <<<"$options")
	case $previous:$argument in
	--*:*'|'*) mapfile -t COMPREPLY < <(compgen -W "${argument//|/ }" -- "$word") ;;
	--*:?*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	*)
		[[ $word == -* ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$word"); return; }
		mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$options")" -- "$word") ;;
	esac
}

complete -o filenames -F _nos_complete nos-bench nos-keytable nos-register nos-rekey nos-relay nos-score nos-send nos-serve nos-token
