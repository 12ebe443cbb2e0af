#!/usr/bin/env bash
# Knocknoc Custom Script: posts a grant, a revoke or a flush to the webhook of this system until it is
# stored, asks then what became of it, and says by its exit status whether it is in effect.
#
# Needs bash 3.2 or later, curl, and openssl or perl. The secret never stands on a command line.
set -u
umask 077
# The environment of whoever runs the agent must not change how text and numbers are read.
export LC_ALL=C

readonly PROGRAM=${0##*/}
readonly EXIT_USAGE=2 EXIT_REFUSED=3 EXIT_ZONE=4 EXIT_NOT_STORED=5 EXIT_PENDING=6 EXIT_OVERTAKEN=7
# How long each may be tried, in seconds: somebody waits for an add, nobody for the other two.
readonly PATIENCE_ADD=60 PATIENCE_DEL=120 PATIENCE_CHECK=10
# Of an answer with its headers, in bytes. No answer of the webhook comes near.
readonly LARGEST_ANSWER=16384
readonly NEWLINE=$'\n'

usage() {
  cat <<TEXT
$PROGRAM add ACL IP      lets an IP in
$PROGRAM del ACL IP      takes it out
$PROGRAM flush ACL       takes everybody out of the ACL
$PROGRAM --check [ACL]   tests the set-up, and changes nothing

Environment:
  KNOCKNOC_OKTA_URL       the webhook's full URL (the stack's output WebhookUrl)
  KNOCKNOC_OKTA_SECRET    the webhook secret, base64, with or without whsec_ (a sensitive value)
  KNOCKNOC_OKTA_WAIT      seconds to wait for Okta to confirm, 0 to 20 (default 15; 0: only store it)
  KNOCKNOC_OKTA_PATIENCE  seconds to go on trying until it is stored, 0 to 3600
                          (default $PATIENCE_ADD for add, $PATIENCE_DEL for del and flush, $PATIENCE_CHECK for --check)
  KNOCKNOC_GRANT_ID       optional: names the grant, so that it can be revoked by itself
  KNOCKNOC_USER           optional: who it is for, for the log
  KNOCKNOC_GRANT_MINUTES  optional: its lifetime in minutes
  KNOCKNOC_OKTA_HOST      optional: another Host header, for an emulator

Exit status: 0 in effect; 2 wrong set-up or arguments; 3 refused; 4 Okta could not be updated;
5 not stored; 6 stored, but not confirmed in time (it may still come into effect);
7 stored, but a later event decided, or the grant is over.
TEXT
}

fail() { # STATUS MESSAGE: one line that a person can act on
  kept "$2" "$LATIN" 600
  printf '%s: %s\n' "$PROGRAM" "$text" >&2
  exit "$1"
}

# ---------------------------------------------------------------- texts

# One character that the webhook takes in a name: well-formed UTF-8 without control characters, U+FFFE
# and U+FFFF.
readonly NAME=$'^([ -~]|\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee][\x80-\xbf][\x80-\xbf]|\xef([\x80-\xbe][\x80-\xbf]|\xbf[\x80-\xbd])|\xf0[\x90-\xbf][\x80-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf][\x80-\xbf][\x80-\xbf]|\xf4[\x80-\x8f][\x80-\xbf][\x80-\xbf])'
# One that no terminal takes for an order and that cannot change how the others read: Latin letters, dashes,
# quotation marks.
readonly LATIN=$'^([ -~]|\xc2[\xa0-\xac\xae-\xbf]|[\xc3-\xc9][\x80-\xbf]|\xe2\x80[\x90-\xa7])'

kept() { # TEXT CHARACTER MOST: sets $text to what of it can stay, in bytes at most
  local rest=${1:0:$3+4} character
  text=''
  while [[ -n $rest ]]; do
    if [[ $rest =~ $2 ]]; then
      character=${BASH_REMATCH[0]}
      rest=${rest:${#character}}
    else
      character='?'
      [[ $rest != [[:cntrl:]]* ]] || character=' '
      rest=${rest:1}
    fi
    ((${#text} + ${#character} <= $3)) || return 0
    text=$text$character
  done
}

trimmed() { # TEXT: sets $text to it without white space around it
  text=${1#"${1%%[![:space:]]*}"}
  text=${text%"${text##*[![:space:]]}"}
}

# ---------------------------------------------------------------- what was asked for

validate_number() { # NAME VALUE LOWEST HIGHEST
  if [[ ! $2 =~ ^[0-9]{1,6}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
    fail $EXIT_USAGE "$1 must be a whole number from $3 to $4"
  fi
}

validate_environment() { # PATIENCE
  command -v curl >/dev/null || fail $EXIT_USAGE "curl is not installed"
  command -v openssl >/dev/null || command -v perl >/dev/null || fail $EXIT_USAGE "neither openssl nor perl is installed"
  trimmed "${KNOCKNOC_OKTA_URL:-}"
  url=$text
  [[ -n $url ]] || fail $EXIT_USAGE "KNOCKNOC_OKTA_URL is not set: it is the stack's output WebhookUrl"
  local pattern='^(https://[^/]|http://(127\.0\.0\.1|localhost)(:[0-9]+)?/)'
  [[ $url != *[!\!-\~]* && $url != *[\"\\]* && $url =~ $pattern ]] ||
    fail $EXIT_USAGE "KNOCKNOC_OKTA_URL must begin with https:// and hold no spaces or quotes"
  url=${url%/}
  trimmed "${KNOCKNOC_OKTA_HOST:-}"
  host=$text
  [[ -z $host || $host =~ ^[A-Za-z0-9_.:-]{1,253}$ ]] || fail $EXIT_USAGE "KNOCKNOC_OKTA_HOST is not the name of a host"
  trimmed "${KNOCKNOC_OKTA_WAIT:-15}"
  wait_seconds=$text
  trimmed "${KNOCKNOC_OKTA_PATIENCE:-$1}"
  patience=$text
  validate_number KNOCKNOC_OKTA_WAIT "$wait_seconds" 0 20
  validate_number KNOCKNOC_OKTA_PATIENCE "$patience" 0 3600
  wait_seconds=$((10#$wait_seconds)) patience=$((10#$patience))
  local secret=${KNOCKNOC_OKTA_SECRET:-}
  secret=${secret//[[:space:]]/}
  [[ -n $secret ]] || fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET is not set"
  secret=${secret#whsec_}
  [[ $secret =~ ^[A-Za-z0-9+/]+={0,2}$ && $((${#secret} % 4)) -eq 0 ]] ||
    fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET is not base64: of the stored JSON it takes the text behind current"
  key=$(base64_to_hex "$secret")
  ((${#key} >= 48 && ${#key} <= 128)) || fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET must hold 24 to 64 bytes"
}

validate_acl() {
  [[ $1 =~ ^[A-Za-z0-9_.-]{1,64}$ ]] && return
  kept "$1" "$LATIN" 80
  fail $EXIT_USAGE "not the name of an ACL (64 letters, digits, _ . - at most): $text"
}

validate_ip() {
  # In variables, since bash 3.2 takes a bracket that stands here for one of its own.
  local ipv4='^[0-9]{1,3}(\.[0-9]{1,3}){3}(/32)?$' ipv6='^[0-9A-Fa-f:.]{2,45}(/128)?$'
  [[ $1 =~ $ipv4 || $1 == *:* && $1 =~ $ipv6 ]] && return
  kept "$1" "$LATIN" 80
  fail $EXIT_USAGE "not an IP address: $text"
}

# In quotes, for JSON and for curl's configuration alike; control characters were refused before. By
# the character, since versions of bash differ in how they read backslashes in a substitution.
quoted() {
  local i
  printf '"'
  for ((i = 0; i < ${#1}; i++)); do
    case ${1:i:1} in
      [\"\\]) printf '\\%s' "${1:i:1}" ;;
      *) printf '%s' "${1:i:1}" ;;
    esac
  done
  printf '"'
}

# The webhook takes 512 bytes in the form NFC, which has at most three times the bytes of any other.
longest() { # TEXT
  if [[ $1 == *[!\ -\~]* ]]; then printf 170; else printf 512; fi
}

# Sets $text to a grant id that the webhook takes. One that it would refuse gets a name that is made of
# it, the same for add and del: two grants never become one, as they could if it were cut.
grant_id() { # VALUE
  trimmed "$1"
  local id=$text
  kept "$id" "$NAME" "$(longest "$id")"
  [[ $text != "$id" || $id == allowlist ]] || return 0
  if command -v openssl >/dev/null; then
    text=id_$(printf '%s' "$id" | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n')
  else
    text=id_$(printf '%s' "$id" | perl -MDigest::SHA=sha256_hex -0777 -ne 'print sha256_hex($_)')
  fi
}

event_body() { # TYPE ACL [IP]
  local data more='' text
  data="\"acl\":$(quoted "$2")"
  [[ $1 == access.flushed ]] || data="$data,\"ip\":$(quoted "$3")"
  if [[ $1 != access.flushed ]]; then
    grant_id "${KNOCKNOC_GRANT_ID:-}"
    [[ -z $text ]] || more="$more,\"grantId\":$(quoted "$text")"
  fi
  if [[ $1 == access.granted ]]; then
    trimmed "${KNOCKNOC_USER:-}"
    kept "$text" "$NAME" "$(longest "$text")"
    [[ -z $text ]] || more="$more,\"user\":$(quoted "$text")"
    trimmed "${KNOCKNOC_GRANT_MINUTES:-}"
    if [[ -n $text ]]; then
      validate_number KNOCKNOC_GRANT_MINUTES "$text" 1 525600
      more="$more,\"durationSeconds\":$((10#$text * 60))"
    fi
  fi
  body="{\"type\":\"$1\",\"timestamp\":\"$(rfc3339 "$(event_time)")\",\"data\":{$data$more}}"
}

# ---------------------------------------------------------------- time

clock_nanoseconds() {
  local now
  now=$(date +%s%N)
  if [[ ! $now =~ ^[0-9]{19}$ ]]; then # BSD's date knows no %N
    now=$(perl -MTime::HiRes=gettimeofday -e 'my ($s, $us) = gettimeofday; printf "%d%06d000", $s, $us' 2>/dev/null)
  fi
  [[ $now =~ ^[0-9]{19}$ ]] || now=$(date +%s)000000000
  printf '%s' "$now"
}

# The time of the event. Never at or before that of an earlier run here, also where the clock was set
# back: a logout must not look older than its login. The last time is kept in a private directory.
event_time() {
  local now last='' locked='' directory
  directory="${TMPDIR:-/tmp}/knocknoc-okta-$(id -u)"
  if mkdir -p "$directory" 2>/dev/null && [[ -O $directory && -w $directory && ! -L $directory ]]; then
    local tries=0
    until mkdir "$directory/lock" 2>/dev/null; do
      tries=$((tries + 1))
      ((tries < 100)) || break
      # A lock that a killed run left behind is older than any run takes to hold it.
      ((tries % 10 != 1)) || [[ -z $(find "$directory/lock" -maxdepth 0 -mmin +1 2>/dev/null) ]] ||
        rmdir "$directory/lock" 2>/dev/null
      sleep 0.05
    done
    ((tries < 100)) && locked=yes
  fi
  now=$(clock_nanoseconds)
  if [[ -n $locked ]]; then
    [[ -f $directory/last ]] && read -r last <"$directory/last"
    # An hour at most: what is further ahead is no memory of a clock that was set back, but a wrong one.
    if [[ $last =~ ^[0-9]{19}$ ]] && ((last >= now && last - now < 3600000000000)); then now=$((last + 1)); fi
    printf '%s\n' "$now" 2>/dev/null >"$directory/last"
    rmdir "$directory/lock"
  fi
  printf '%s' "$now"
}

rfc3339() { # NANOSECONDS
  local seconds=${1%?????????} fraction=${1#??????????}
  date -u -d "@$seconds" "+%Y-%m-%dT%H:%M:%S.${fraction}Z" 2>/dev/null ||
    date -u -r "$seconds" "+%Y-%m-%dT%H:%M:%S.${fraction}Z"
}

# ---------------------------------------------------------------- signature (Standard Webhooks)

base64_to_hex() {
  if command -v openssl >/dev/null; then
    printf '%s' "$1" | openssl base64 -d -A 2>/dev/null | od -An -v -tx1 | tr -d ' \n'
  else
    printf '%s' "$1" | perl -MMIME::Base64 -0777 -ne 'print unpack("H*", decode_base64($_))'
  fi
}

sign() { # CONTENT: HMAC-SHA256 under $key, in base64
  if command -v openssl >/dev/null; then
    # Built from plain digests, since openssl takes a key only on its command line, which ps shows.
    local inner='' outer='' i part
    for ((i = 0; i < 64; i++)); do
      printf -v part '\\x%02x' $((16#0${key:i*2:2} ^ 0x36))
      inner=$inner$part
      printf -v part '\\x%02x' $((16#0${key:i*2:2} ^ 0x5c))
      outer=$outer$part
    done
    { printf '%b' "$outer"; { printf '%b' "$inner"; printf '%s' "$1"; } | openssl dgst -sha256 -binary; } |
      openssl dgst -sha256 -binary | openssl base64 -A
  else
    printf '%s' "$1" | KEY_IN_HEX=$key perl -MDigest::SHA=hmac_sha256_base64 -0777 -ne \
      'my $mac = hmac_sha256_base64($_, pack("H*", $ENV{KEY_IN_HEX})); print $mac, "=" x (-length($mac) % 4)'
  fi
}

# ---------------------------------------------------------------- one request

# Signs and sends one request. Sets $status, $headers and $answer; fails where there is no answer that
# can be used, and sets $reason and $curl_exit.
request() { # URL BODY SECONDS [HEADER]: POST with a body, GET without
  local timestamp response block
  timestamp=$(date +%s)
  status='' headers='' answer='' curl_exit=0
  response=$(
    set -o pipefail
    {
      printf 'url = %s\n' "$(quoted "$1")"
      printf 'header = "webhook-id: %s"\n' "$id"
      printf 'header = "webhook-timestamp: %s"\n' "$timestamp"
      printf 'header = "webhook-signature: v1,%s"\n' "$(sign "$id.$timestamp.$2")"
      [[ -z $host ]] || printf 'header = "host: %s"\n' "$host"
      [[ -z ${4:-} ]] || printf 'header = "%s"\n' "$4"
      [[ -z $2 ]] || printf 'header = "content-type: application/json"\ndata-binary = %s\n' "$(quoted "$2")"
    } | curl --disable --config - --globoff --silent --show-error --include --connect-timeout 5 --max-time "$3" 2>&1 |
      # Nothing that is larger is read: curl would keep on writing, whatever size it was told.
      head -c $LARGEST_ANSWER | tr -d '\000-\010\013-\037\177'
  ) || {
    curl_exit=$?
    local pattern="curl: \\([0-9]+\\)[^$NEWLINE]*"
    reason="curl failed ($curl_exit)"
    [[ ! $response =~ $pattern ]] || reason=${BASH_REMATCH[0]}
    ((curl_exit != 23 && curl_exit != 141)) || reason="it answered with more than $LARGEST_ANSWER bytes"
    return 1
  }
  while [[ $response == HTTP/* ]]; do # before the answer there may be those of a proxy, and 100 Continue
    block=${response%%"$NEWLINE$NEWLINE"*}
    headers=$block$NEWLINE
    response=${response#"$block"}
    response=${response#"$NEWLINE$NEWLINE"}
  done
  answer=$response
  local pattern='^HTTP/[0-9.]+ ([0-9]{3})'
  if [[ ! $headers =~ $pattern ]]; then
    reason='it does not speak HTTP' curl_exit=1
    return 1
  fi
  status=${BASH_REMATCH[1]}
}

header() { # NAME: of the answer; sets $text
  local pattern="$NEWLINE$1: *([^$NEWLINE]*)"
  text=''
  shopt -s nocasematch
  [[ ! $headers =~ $pattern ]] || text=${BASH_REMATCH[1]}
  shopt -u nocasematch
}

field() { # NAME: a string of the answer, which is an object in JSON
  local pattern="\"$1\": *\"(([^\"\\\\]|\\\\.)*)\""
  [[ $answer =~ $pattern ]] || return 1
  local text=${BASH_REMATCH[1]:0:1000} i
  for ((i = 0; i < ${#text}; i++)); do
    case ${text:i:2} in
      \\[bfnrt]) printf ' ' && i=$((i + 1)) ;;
      \\?) printf '%s' "${text:i+1:1}" && i=$((i + 1)) ;;
      *) printf '%s' "${text:i:1}" ;;
    esac
  done
}

number() { # NAME: a number of the answer
  local pattern="\"$1\": *([0-9]{1,9})[,}$NEWLINE ]"
  [[ $answer =~ $pattern ]] && printf '%s' "$((10#${BASH_REMATCH[1]}))"
}

# Waits before the next try: longer each time, as long as the answer asks for if that is plausible, and
# not at one moment with the other runs that were turned away. Never past the deadline.
pause_before_next() { # TRY DEADLINE LONGEST
  local pause=$((1 << ($1 < 4 ? $1 - 1 : 3))) left=$(($2 - SECONDS))
  header retry-after
  if [[ $text =~ ^[0-9]{1,6}$ ]] && ((10#$text > pause)); then pause=$((10#$text)); fi
  ((pause <= $3)) || pause=$3
  if ((pause < left)); then
    sleep "$pause.$((RANDOM % 10))"
  elif ((left > 0)); then
    sleep "$left"
  fi
}

# ---------------------------------------------------------------- until it is stored

worth_retrying() {
  case $status in
    408 | 425 | 429 | 5??) return 0 ;;
    *) return 1 ;;
  esac
}

# Posts until the event is stored or refused. The same id and body every time: what arrives twice is
# applied once.
post() {
  local tries=0 deadline=$((SECONDS + patience)) code
  id="kk_$(od -An -v -N16 -tx1 /dev/urandom | tr -d ' \n')"
  reason=''
  while true; do
    tries=$((tries + 1))
    if request "$url" "$body" 20; then
      worth_retrying || return 0
      [[ $status == 429 ]] || doubt=', as far as is known'
      reason="it answered $status"
      ! code=$(field code) || reason="$reason, $code: $(field detail)"
    else
      # Before it was connected, nothing was sent.
      case $curl_exit in 5 | 6 | 7 | 35 | 60) ;; *) doubt=', as far as is known' ;; esac
    fi
    # The number is for a clock that is set back meanwhile.
    ((SECONDS < deadline && tries < 1000)) || break
    pause_before_next $tries $deadline 30
  done
  fail $EXIT_NOT_STORED "$undone$doubt: no usable answer from the webhook (tries: $tries; the last: $reason)"
}

refused() {
  local code detail
  code=$(field code) || code="HTTP $status"
  detail=$(field detail) || detail='this is not how the webhook answers; check KNOCKNOC_OKTA_URL'
  [[ $status != 403 ]] || detail="$detail, and whether allowFrom lets this machine through"
  # It is this machine that has signed it.
  local off='([0-9]+ s (ahead of|behind)) the receiver'
  [[ $code != HOOK002 || ! $detail =~ $off ]] || detail="this machine is ${BASH_REMATCH[1]} the receiver's clock, and 300 s are allowed"
  # What was refused was found harmless before it was sent.
  case $code in
    HOOK004) detail="$detail: $asked_acl" ;;
    HOOK005) detail="$detail: $asked_ip" ;;
  esac
  fail $EXIT_REFUSED "$undone$doubt: $code: $detail"
}

# ---------------------------------------------------------------- what became of it

# Sets $location to where the outcome is asked for. The signature goes to nobody but the webhook.
find_location() {
  local path='' rest=${url#*://} origin
  [[ $rest != */* ]] || path=/${rest#*/}
  origin=${url%"$path"}
  header location
  location=$text
  [[ $location != "$path"/events/* ]] || location=$origin$location
  # An emulator calls itself by the name that it was called by, with or without a port.
  local called="^https?://${host%%:*}(:[0-9]+)?(/.*)"
  if [[ -n $host && $location =~ $called && ${BASH_REMATCH[2]} == "$path"/events/* ]]; then
    location=$origin${BASH_REMATCH[2]}
  fi
  [[ $location == "$url"/events/* && ${location%%\?*}/ != */./* && ${location%%\?*}/ != */../* &&
    $location != *[!\!-\~]* && $location != *[\"\\]* ]]
}

is_outcome() { # anything else says nothing of the event
  case "$status $(field status) $(field code)" in
    '200 applied ' | '200 expired ' | '404  HOOK009' | '409  HOOK003') return 0 ;;
    # These heal by themselves.
    '502  ZONE003' | '502  OKTA005') ((SECONDS >= $1)) ;;
    '502  '[A-Z]*) return 0 ;;
    *) return 1 ;;
  esac
}

ask() { # fails where nothing is known when the time is up
  local tries=0 deadline=$((SECONDS + wait_seconds)) left
  while true; do
    tries=$((tries + 1)) left=$((deadline - SECONDS))
    if ((left > 0)); then
      request "$location" '' $((left + 10)) "prefer: wait=$left"
    else
      request "$location" '' 10
    fi && is_outcome $deadline && return 0
    ((SECONDS < deadline && tries < 1000)) || return 1
    pause_before_next $tries $deadline 5
  done
}

done_with() { # WHAT THE ZONE SHOWS
  kept "stored; $1" "$LATIN" 600
  printf '%s: %s\n' "$PROGRAM" "$text"
}

# Says whether the event is safe, and what the zone shows.
report() { # COMMAND [IP]
  local by held always='' late="stored, but Okta has not confirmed it within $wait_seconds s; it may still come into effect"
  [[ "$status $(field status)" == '202 accepted' ]] || refused
  if ((wait_seconds == 0)); then
    done_with 'what the zone shows was not asked'
    return
  fi
  find_location ||
    fail $EXIT_PENDING "stored, but not known to be in effect: it is to be asked for outside of KNOCKNOC_OKTA_URL (at ${location:-no place at all})"
  if ! ask; then
    [[ $status == 202 ]] || late="$late (the last answer: ${status:-$reason})"
    fail $EXIT_PENDING "$late"
  fi
  by=$(field overtakenBy) || by=''
  held=$(number heldBy) || held=''
  [[ ! $answer =~ \"alwaysAllowed\":\ *true ]] || always=yes
  case "$status $(field status) $1" in
    '200 expired '*) fail $EXIT_OVERTAKEN "stored, but not in effect: the grant is over" ;;
    '200 applied add')
      if [[ -n $always || $held =~ ^[1-9] || ($by$held == '') ]]; then
        done_with "the zone shows $2"
      else
        fail $EXIT_OVERTAKEN "stored, but not in effect: it was overtaken by ${by:-a later event}"
      fi
      ;;
    '200 applied del')
      if [[ -n $always ]]; then
        done_with "the zone still shows $2: it is always allowed"
      elif [[ ! $held =~ ^[1-9] ]]; then
        done_with "the zone does not show $2"
      elif [[ -n $by ]]; then
        fail $EXIT_OVERTAKEN "stored, but the zone still shows $2: overtaken by $by; is the clock of this machine right?"
      else
        done_with "the zone still shows $2: other grants hold it ($held)"
      fi
      ;;
    '200 applied flush')
      [[ $by != 'later grants' ]] ||
        fail $EXIT_OVERTAKEN "stored, but the zone still shows some: overtaken by $by; is the clock of this machine right?"
      done_with 'the zone shows nobody who was in before'
      ;;
    404*) fail $EXIT_PENDING "stored, but the webhook knows nothing of it any more: $(field code): $(field detail)" ;;
    409*) fail $EXIT_REFUSED "not stored: $(field code): $(field detail)" ;;
    *)
      local again='log in' code
      code=$(field code)
      [[ $1 == add ]] || again='do it'
      # Where the event was set aside, a person has to put it back.
      [[ $code != STORE* ]] || fail $EXIT_ZONE "stored, but not in effect: $code: $(field detail)"
      fail $EXIT_ZONE "stored; it will be in effect by itself, no need to $again again: $code: $(field detail) (once this is mended)"
      ;;
  esac
}

check() { # [ACL]: asks whether all is well; without an ACL, the refusal tells what is right
  local acl=${1:-knocknoc-okta-check} zones right='the webhook answers and the secret is right'
  undone='not in order'
  body="{\"type\":\"access.ping\",\"timestamp\":\"$(rfc3339 "$(clock_nanoseconds)")\",\"data\":{\"acl\":\"$acl\"}}"
  post
  # What may have been stored is nothing.
  doubt=''
  case "$status $(field status) $(field code) ${1:+named}" in
    '200 pong  named')
      zones=$(field zones)
      [[ $zones == right ]] || fail $EXIT_ZONE "$undone: $right, but something is wrong with the zones of $acl: $zones"
      printf 'The webhook answers, the secret is right, and nothing is known to be wrong with the zones of %s.\n' "$acl"
      ;;
    '404  HOOK004 named') fail $EXIT_REFUSED "$undone: $right, but it knows no ACL $acl" ;;
    '404  HOOK004 ') printf 'The webhook answers, and the secret is right.\n' ;;
    '401  HOOK001 ') fail $EXIT_REFUSED "$undone: HOOK001: $(field detail) (if the key is one ACL's own: --check ACL)" ;;
    *) refused ;;
  esac
}

main() {
  doubt='' undone='not stored' asked_acl='' asked_ip=''
  case ${1:-} in
    -h | --help) usage && exit 0 ;;
    --check)
      (($# <= 2)) || fail $EXIT_USAGE "--check takes one ACL at most"
      [[ -z ${2:-} ]] || validate_acl "$2"
      validate_environment $PATIENCE_CHECK
      check "${2:-}"
      exit 0
      ;;
    add) [[ $# -eq 3 ]] || fail $EXIT_USAGE "add takes an ACL and an IP" ;;
    del) [[ $# -eq 3 ]] || fail $EXIT_USAGE "del takes an ACL and an IP" ;;
    flush) [[ $# -eq 2 || ($# -eq 3 && -z $3) ]] || fail $EXIT_USAGE "flush takes an ACL, and no IP" ;;
    *) fail $EXIT_USAGE "the first argument must be add, del or flush (see $PROGRAM --help)" ;;
  esac
  validate_acl "$2"
  [[ $1 == flush ]] || validate_ip "$3"
  if [[ $1 == add ]]; then validate_environment $PATIENCE_ADD; else validate_environment $PATIENCE_DEL; fi
  asked_acl=$2 asked_ip=${3:-}
  case $1 in
    add) event_body access.granted "$2" "$3" ;;
    del) event_body access.revoked "$2" "$3" ;;
    flush) event_body access.flushed "$2" ;;
  esac
  post
  report "$1" "${3:-}"
}

main "$@"
