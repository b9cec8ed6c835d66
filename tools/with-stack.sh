#!/usr/bin/env bash
# Runs a command beside a stack of its own: with-stack.sh COMMAND...
#
# Starts the stack NAME (test) from build/$MODE, gives the command its addresses in the
# environment, and takes the stack down again with its data. KEEP=1 leaves it running
# for a look around; the next run starts afresh all the same.
set -euo pipefail
cd "$(dirname "$0")/.."
export NAME=${NAME:-test} MODE=${MODE:-release} NO_SAMPLE=1 INNER_PORTS=1

# Limits that the tests can meet without meeting them by accident, and a saga's deadline
# and an alarm that they can wait for.
export GATEWAY_RATE=${GATEWAY_RATE:-10000r/s} GATEWAY_BURST=${GATEWAY_BURST:-5000}
export GATEWAY_LOGIN_RATE=${GATEWAY_LOGIN_RATE:-50r/s} GATEWAY_LOGIN_BURST=${GATEWAY_LOGIN_BURST:-100}
export ORDER_SAGA_DEADLINE_S=${ORDER_SAGA_DEADLINE_S:-25} ORDER_OUTBOX_OLD_S=${ORDER_OUTBOX_OLD_S:-4}

infra/stack.sh destroy >/dev/null 2>&1 || true
trap '[ -n "${KEEP:-}" ] || infra/stack.sh destroy >/dev/null' EXIT
infra/stack.sh up

logs=$(infra/stack.sh env | sed -n 's/^LOG_DIR=//p')

# What the tests are told is not what the stack is told: a later "up" must not take their
# superuser's addresses for its services' settings. So this goes in a shell of its own.
set +e
(
    set -e
    while IFS= read -r line; do
        export "${line?}"
    done < <(infra/stack.sh env)

    export STACK_COMMAND=infra/stack.sh

    # Tests of the database layer make and drop databases, and put a failing network between
    # themselves and the server: for that they need a superuser over TCP.
    password=$(openssl rand -hex 16)
    psql -qX "$POSTGRES_URL" -c "CREATE ROLE tests LOGIN SUPERUSER PASSWORD '$password'"
    export TEST_DATABASE_URL=postgresql://tests:$password@127.0.0.1:$POSTGRES_PORT/postgres
    export TEST_AMQP_HOST=$AMQP_HOST TEST_AMQP_PORT=$AMQP_PORT TEST_AMQP_VHOST=$AMQP_VHOST
    export TEST_AMQP_USER=$AMQP_USER TEST_AMQP_PASSWORD
    TEST_AMQP_PASSWORD=$(<"$AMQP_PASSWORD_FILE")
    export TEST_REDIS_HOST=$REDIS_HOST TEST_REDIS_PORT=$REDIS_PORT TEST_REDIS_PASSWORD
    TEST_REDIS_PASSWORD=$(<"$SECRETS_DIR/redis")

    exec "$@"
)
result=$?
set -e

# What the services themselves report: a sanitizer's finding may come with the very last
# thing that a process does.
infra/stack.sh down >/dev/null
findings=$(grep -rlE '(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:' "$logs" 2>/dev/null || true)
if [ -n "$findings" ]; then
    echo "A sanitizer found something; the logs of:"
    for log in $findings; do
        echo "--- $log"
        grep -hE -A 40 'Sanitizer|runtime error:' "$log" | head -n 80
    done
    result=1
fi
[ -z "${KEEP:-}" ] || infra/stack.sh up
exit "$result"
