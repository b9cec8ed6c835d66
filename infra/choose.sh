# shellcheck shell=bash
# choose.sh - whether a stack runs in containers or without; sourced by stack.sh.

# compose or native: what STACK says, else where this stack lives already, else in
# containers where an engine answers. Sanitized builds run without containers.
way_to_run() {
    case ${STACK:-} in
    compose | native) echo "$STACK" ;;
    '')
        if [ -e "$STACKS/$NAME" ]; then
            echo native
        elif [ -e "$ROOT/build/compose/$NAME" ]; then
            echo compose
        elif [ "$MODE" = release ] && engine_answers; then
            echo compose
        else
            echo native
        fi
        ;;
    *) fail "STACK=$STACK: it is compose or native" ;;
    esac
}

engine_answers() {
    command -v docker >/dev/null && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}
