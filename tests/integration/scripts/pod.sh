#!/bin/sh
# Creates, watches and deletes a pod through RPC from a shell: JSON lines in and out of one
# conversation, in which a field that has its default value is left out. Takes the stave command line in $STAVE and the pod's name and image as arguments.
set -eu
name=$1 image=$2

folder=$(mktemp -d)
trap 'exec 3>&- 4<&- 2>/dev/null || true; rm -rf "$folder"' EXIT
mkfifo "$folder/in" "$folder/out"
$STAVE call --stdio <"$folder/in" >"$folder/out" &
exec 3>"$folder/in" 4<"$folder/out"

# ask ID JSON: sends a call and leaves its answer in $answer. Events that come before it are kept.
ask() {
  printf '%s\n' "$2" >&3
  while read -r answer <&4; do
    [ "$(printf '%s' "$answer" | jq -r .id)" = "$1" ] || { events="$events$answer
"; continue; }
    if printf '%s' "$answer" | jq -e 'has("error")' >/dev/null; then
      echo "call $1 failed: $answer" >&2
      exit 1
    fi
    return 0
  done
  echo "the conversation ended before call $1 was answered" >&2
  exit 1
}

# follow FILTER: waits for an event for which the jq filter holds.
follow() {
  while :; do
    if [ -n "$events" ]; then
      line=${events%%
*}
      events=${events#*
}
    else
      read -r line <&4
    fi
    printf '%s' "$line" | jq -e ".params.events[]? | select($1)" >/dev/null && return 0
  done
}

events=
ask 1 '{"id":1,"call":"Objects.list","params":{"query":{"kind":"Pod"}}}'
revision=$(printf '%s' "$answer" | jq .result.revision)
ask 2 '{"id":2,"call":"Objects.watch","params":{"query":{"kind":"Pod"},"from":'"$revision"',"sink":{"$sink":"pods"}}}'

container='{"name":"main","image":"'$image'","command":["sleep","1000"]}'
pod='{"metadata":{"kind":"Pod","name":"'$name'"},"spec":{"containers":['$container']}}'
ask 3 '{"id":3,"call":"Objects.commit","params":{"changes":[{"op":"create","object":'"$pod"'}]}}'
follow '.object.status.phase == "running"'
echo "running"

gone='{"metadata":{"kind":"Pod","name":"'$name'"}}'
ask 4 '{"id":4,"call":"Objects.commit","params":{"changes":[{"op":"delete","object":'"$gone"'}]}}'
follow '.type == "removed"'
echo "removed"
