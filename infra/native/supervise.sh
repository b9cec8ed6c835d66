# shellcheck shell=bash
# supervise.sh - starts and stops components through runit.
#
# A file "down" in a service directory keeps runit from starting it before its turn; it
# goes when the turn has come, so that a runsv that was killed starts it again by itself.

STOP_TIMEOUT_S=20 # services drain for up to 15

supervisor_pid() {
    local pid
    read -r pid 2>/dev/null <"$STATE/run/runsvdir.pid" || return 1
    grep -qsF "$STATE/service" "/proc/$pid/cmdline" && echo "$pid"
}

# Detached from the terminal: it outlives the shell that typed "up".
start_supervisor() {
    supervisor_pid >/dev/null && return
    # shellcheck disable=SC2016 # expanded by the inner shell
    setsid bash -c 'echo $$ >"$1"; exec env -i PATH="$PATH" LC_ALL=C.UTF-8 runsvdir -P "$2"' \
        _ "$STATE/run/runsvdir.pid" "$STATE/service" \
        </dev/null >>"$STATE/log/supervisor.log" 2>&1 9>&- &
}

# Start nothing yet: each component has its turn.
hold_back() { # instance...
    local instance
    for instance in "$@"; do
        : >"$STATE/service/$instance/down"
    done
}

# The instances that have a service directory, in the order of starting.
present_instances() {
    local component dir
    for component in "${ORDERED[@]}"; do
        for dir in "$STATE/service/$component" "$STATE/service/$component"-[0-9]*; do
            [ ! -d "$dir" ] || echo "${dir##*/}"
        done
    done
}

present_of_kind() { # kind...
    local instance
    for instance in $(present_instances); do
        [[ " $* " != *" $(kind_of "$instance") "* ]] || echo "$instance"
    done
}

pid_of() { # instance -> its process, when it runs
    local pid
    read -r pid 2>/dev/null <"$STATE/service/$1/supervise/pid" && [ -d "/proc/$pid" ] && echo "$pid"
}

runs() { # instance
    local state=''
    read -r state 2>/dev/null <"$STATE/service/$1/supervise/stat" || return 1
    [[ $state == run* ]] && pid_of "$1" >/dev/null
}

has_runsv() { # instance
    sv status "$STATE/service/$1" >/dev/null 2>&1
}

restarts_of() { # instance
    cat "$STATE/run/$1.restarts" 2>/dev/null || echo 0
}

wait_for_runsv() { # instance
    local i
    for ((i = 0; i < 80; i++)); do
        ! has_runsv "$1" || return 0
        sleep 0.1
    done
    fail "runit does not take up $1; see $STATE/log/supervisor.log"
}

wait_without_runsv() { # instance
    local i
    for ((i = 0; i < 100; i++)); do
        has_runsv "$1" || return 0
        sleep 0.1
    done
    fail "runit does not let go of $1; see $STATE/log/supervisor.log"
}

start() { # instance...
    local instance
    for instance in "$@"; do
        wait_for_runsv "$instance"
        rm -f "$STATE/run/$instance.restarts"
        fingerprint "$instance" >"$STATE/run/$instance.print"
        sv up "$STATE/service/$instance" >/dev/null
        rm -f "$STATE/service/$instance/down"
    done
}

# SIGTERM to all of them at once; SIGKILL to what has not ended in time.
stop() { # instance...
    local dirs=("${@/#/$STATE/service/}") late
    [ $# -gt 0 ] || return 0
    late=$(sv -w "$STOP_TIMEOUT_S" force-stop "${dirs[@]}" 2>&1 | grep '^kill: ') || return 0
    echo "$late" | sed -E "s,^kill: .*$STATE/service/([^:]*):.*,  \1 did not stop in $STOP_TIMEOUT_S s: killed,"
}

# Start what does not run and restart what was changed; TOUCHED collects their names.
TOUCHED=()
apply() { # instance...
    local instance
    for instance in "$@"; do
        if runs "$instance"; then
            rm -f "$STATE/service/$instance/down"
            [ "$(fingerprint "$instance")" != "$(cat "$STATE/run/$instance.print" 2>/dev/null)" ] || continue
            stop "$instance"
        fi
        start "$instance"
        TOUCHED+=("$instance")
    done
}

# runsvdir tells every runsv to end, and so its log; those that lost their runsvdir
# are told one by one.
stop_supervisor() {
    local pid instance
    if pid=$(supervisor_pid); then kill -HUP "$pid"; fi
    for instance in $(present_instances); do
        sv exit "$STATE/service/$instance" >/dev/null 2>&1 || true
    done
    for instance in $(present_instances); do
        wait_without_runsv "$instance"
    done
    rm -f "$STATE/run/runsvdir.pid"
}

# What an earlier, larger scale left.
remove_surplus() { # instances that shall stay...
    local instance
    for instance in $(present_instances); do
        [[ " $* " != *" $instance "* ]] || continue
        stop "$instance"
        sv exit "$STATE/service/$instance" >/dev/null 2>&1 || true
        wait_without_runsv "$instance"
        rm -rf "$STATE/service/$instance"
    done
}
