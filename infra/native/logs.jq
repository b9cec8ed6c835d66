# logs.jq - makes log lines readable: tail's "==> file <==" headings name the component,
# JSON lines become "time component level message key=value ...", others stay as they are.

def pad($n): . + " " * ([$n - length, 0] | max);

# Of the gateway's lines, what its message does not say already.
def fields: del(.ts, .time, .level, .msg, .service, .instance,
        .method, .path, .status, .client, .bytes, .upstream_status, .upstream_seconds)
    | to_entries | map(select(.value != "" and .value != null)
        | "\(.key)=\(.value | if type == "string" then . else tojson end)") | join(" ");

def readable($component):
    . as $line
    | (try fromjson catch null)
    | if type == "object"
      then "\((.ts // .time // "")[11:23] | pad(12)) \($component | pad(15)) \(.level // "-" | pad(5)) \(.msg // "") \(fields)" | sub(" +$"; "")
      else "\("" | pad(12)) \($component | pad(15)) \($line)" end;

foreach inputs as $line ({component: ""};
    if $line | test("^==> .*/current <==$")
    then {component: ($line | capture("/(?<c>[^/]+)/current <==$").c), out: null}
    else .out = (if $line == "" then null else .component as $c | $line | readable($c) end)
    end;
    .out // empty)
