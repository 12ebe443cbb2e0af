#!/usr/bin/env bash
# Knocknoc Custom Script: posts a grant, a revoke or a flush to the webhook of this system, waits
# until Okta has confirmed it, and says by its exit status whether it is in effect.
#
# Needs bash 3.2 or later, curl, and openssl or perl. The secret never stands on a command line.
set -u
umask 077
# The environment of whoever runs the agent must not change how text and numbers are read.
export LC_ALL=C

readonly PROGRAM=${0##*/}
readonly EXIT_USAGE=2 EXIT_REFUSED=3 EXIT_ZONE=4 EXIT_UNREACHABLE=5 EXIT_PENDING=6 EXIT_OVERTAKEN=7

usage() {
  cat <<TEXT
$PROGRAM add ACL IP      lets an IP in
$PROGRAM del ACL IP      takes it out
$PROGRAM flush ACL       takes everybody out of the ACL
$PROGRAM --check [ACL]   tests the set-up, and changes nothing

Environment:
  KNOCKNOC_OKTA_URL       the webhook's full URL (the stack's output WebhookUrl)
  KNOCKNOC_OKTA_SECRET    the webhook secret, base64, with or without whsec_ (a sensitive value)
  KNOCKNOC_OKTA_WAIT      seconds to wait for Okta to confirm, 0 to 20 (default 15; 0: only queue it)
  KNOCKNOC_OKTA_ATTEMPTS  how often to try where there is no answer, 1 to 10 (default 4)
  KNOCKNOC_GRANT_ID       optional: names the grant, so that it can be revoked by itself
  KNOCKNOC_USER           optional: who it is for, for the log
  KNOCKNOC_GRANT_MINUTES  optional: its lifetime

Exit status: 0 in effect; 2 wrong set-up or arguments; 3 refused; 4 Okta could not be updated;
5 no answer; 6 not confirmed in time (it may still come into effect); 7 a later event undid it.
TEXT
}

fail() { # STATUS MESSAGE: one line that a person can act on
  printf '%s: %s\n' "$PROGRAM" "${2//[[:cntrl:]]/ }" >&2
  exit "$1"
}

# ---------------------------------------------------------------- what was asked for

validate_number() { # NAME VALUE LOWEST HIGHEST
  if [[ ! $2 =~ ^[0-9]{1,6}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
    fail $EXIT_USAGE "$1 must be a whole number from $3 to $4"
  fi
}

validate_text() { # NAME VALUE
  ((${#2} <= 512)) || fail $EXIT_USAGE "$1 must be at most 512 bytes"
  [[ $2 != *[[:cntrl:]]* ]] || fail $EXIT_USAGE "$1 must not hold control characters"
}

validate_environment() {
  command -v curl >/dev/null || fail $EXIT_USAGE "curl is not installed"
  command -v openssl >/dev/null || command -v perl >/dev/null || fail $EXIT_USAGE "neither openssl nor perl is installed"
  url=${KNOCKNOC_OKTA_URL:-}
  [[ -n $url ]] || fail $EXIT_USAGE "KNOCKNOC_OKTA_URL is not set: it is the stack's output WebhookUrl"
  [[ $url =~ ^https://[^[:space:]\"\\]+$ || $url =~ ^http://(127\.0\.0\.1|localhost)(:[0-9]+)?/[^[:space:]\"\\]*$ ]] ||
    fail $EXIT_USAGE "KNOCKNOC_OKTA_URL must begin with https://"
  wait_seconds=${KNOCKNOC_OKTA_WAIT:-15}
  attempts=${KNOCKNOC_OKTA_ATTEMPTS:-4}
  validate_number KNOCKNOC_OKTA_WAIT "$wait_seconds" 0 20
  validate_number KNOCKNOC_OKTA_ATTEMPTS "$attempts" 1 10
  wait_seconds=$((10#$wait_seconds)) attempts=$((10#$attempts))
  local secret=${KNOCKNOC_OKTA_SECRET:-}
  [[ -n $secret ]] || fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET is not set"
  secret=${secret#whsec_}
  [[ $secret =~ ^[A-Za-z0-9+/]+={0,2}$ && $((${#secret} % 4)) -eq 0 ]] ||
    fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET is not base64: of the stored JSON it takes the text behind current"
  key=$(base64_to_hex "$secret")
  ((${#key} >= 48 && ${#key} <= 128)) || fail $EXIT_USAGE "KNOCKNOC_OKTA_SECRET must hold 24 to 64 bytes"
}

validate_acl() {
  [[ $1 =~ ^[A-Za-z0-9_.-]{1,64}$ ]] || fail $EXIT_USAGE "not the name of an ACL: letters, digits, _ . - only"
}

validate_ip() {
  [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}(/32)?$ || $1 =~ ^[0-9A-Fa-f:.]{2,45}(/128)?$ && $1 == *:* ]] ||
    fail $EXIT_USAGE "not an IP address: ${1//[^0-9A-Fa-f:.\/]/?}"
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

event_body() { # TYPE ACL [IP]
  local data more=''
  data="\"acl\":$(quoted "$2")"
  [[ $1 == access.flushed ]] || data="$data,\"ip\":$(quoted "$3")"
  if [[ $1 != access.flushed && -n ${KNOCKNOC_GRANT_ID:-} ]]; then
    validate_text KNOCKNOC_GRANT_ID "$KNOCKNOC_GRANT_ID"
    more="$more,\"grantId\":$(quoted "$KNOCKNOC_GRANT_ID")"
  fi
  if [[ $1 == access.granted && -n ${KNOCKNOC_USER:-} ]]; then
    validate_text KNOCKNOC_USER "$KNOCKNOC_USER"
    more="$more,\"user\":$(quoted "$KNOCKNOC_USER")"
  fi
  if [[ $1 == access.granted && -n ${KNOCKNOC_GRANT_MINUTES:-} ]]; then
    validate_number KNOCKNOC_GRANT_MINUTES "$KNOCKNOC_GRANT_MINUTES" 1 525600
    more="$more,\"durationSeconds\":$((10#$KNOCKNOC_GRANT_MINUTES * 60))"
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

# ---------------------------------------------------------------- sending

post_once() { # sets $status and $answer; fails where there was no answer
  local timestamp response
  timestamp=$(date +%s)
  response=$(
    {
      printf 'url = %s\n' "$(quoted "$url")"
      printf 'header = "content-type: application/json"\n'
      printf 'header = "webhook-id: %s"\n' "$id"
      printf 'header = "webhook-timestamp: %s"\n' "$timestamp"
      printf 'header = "webhook-signature: v1,%s"\n' "$(sign "$id.$timestamp.$body")"
      ((wait_seconds == 0)) || printf 'header = "prefer: wait=%s"\n' "$wait_seconds"
      [[ -z ${KNOCKNOC_OKTA_HOST:-} ]] || printf 'header = %s\n' "$(quoted "host: $KNOCKNOC_OKTA_HOST")"
      printf 'data-binary = %s\n' "$(quoted "$body")"
    } | curl --disable --config - --globoff --silent --show-error --connect-timeout 5 --max-time $((wait_seconds + 10)) \
      --write-out '\n%{http_code}' 2>&1
  ) || {
    local pattern=$'curl: \\([0-9]+\\)[^\n]*'
    reason='curl failed'
    [[ ! $response =~ $pattern ]] || reason=${BASH_REMATCH[0]}
    return 1
  }
  status=${response##*$'\n'}
  answer=${response%$'\n'*}
}

field() { # NAME: a string of the answer
  local pattern="\"$1\":\"(([^\"\\\\]|\\\\.)*)\""
  [[ $answer =~ $pattern ]] || return 1
  local text=${BASH_REMATCH[1]} i
  for ((i = 0; i < ${#text}; i++)); do
    case ${text:i:2} in
      \\[bfnrt]) printf ' ' && i=$((i + 1)) ;;
      \\?) printf '%s' "${text:i+1:1}" && i=$((i + 1)) ;;
      *) printf '%s' "${text:i:1}" ;;
    esac
  done
}

worth_retrying() {
  case $status in
    408 | 425 | 429 | 500 | 503 | 504) return 0 ;;
    502) ! field code >/dev/null ;; # with a code it is this system's own word; without, a proxy's
    *) return 1 ;;
  esac
}

post() { # The same webhook id every time: what arrived twice is applied once.
  local attempt pause=1 code
  id="kk_$(od -An -v -N16 -tx1 /dev/urandom | tr -d ' \n')"
  reason='' status=''
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if post_once; then
      worth_retrying || return 0
      reason="it answered $status"
      ! code=$(field code) || reason="$reason, $code: $(field detail)"
    fi
    ((attempt == attempts)) || sleep $pause
    pause=$((pause < 4 ? pause * 2 : 4))
  done
  fail $EXIT_UNREACHABLE "no usable answer from the webhook (tries: $attempts; the last: $reason)"
}

report() { # COMMAND
  local by
  case "$status $(field status)" in
    '200 applied')
      # A revoke that a later event undid is no failure: whoever is in now came in after it.
      # A later grant of the same keeps the IP in: for whoever waits here that is as good.
      if by=$(field overtakenBy) && [[ $1 == add && $by != 'a later grant' ]]; then
        fail $EXIT_OVERTAKEN "the grant is not in effect: it was overtaken by $by"
      fi
      ;;
    '202 accepted' | '202 pending')
      ((wait_seconds == 0)) || fail $EXIT_PENDING "accepted, but Okta has not confirmed it within $wait_seconds s; try again shortly"
      ;;
    *) refused ;;
  esac
}

refused() { # what is neither in effect nor on its way
  local code detail
  code=$(field code) || code="HTTP $status"
  detail=$(field detail) || detail='this is not how the webhook answers; check KNOCKNOC_OKTA_URL'
  [[ $status != 502 ]] || fail $EXIT_ZONE "$code: $detail"
  fail $EXIT_REFUSED "$code: $detail"
}

check() { # [ACL]: a request that is always refused, and how tells what is right
  local acl=${1:-knocknoc-okta-check}
  wait_seconds=0
  body="{\"type\":\"access.revoked\",\"timestamp\":\"$(rfc3339 "$(clock_nanoseconds)")\",\"data\":{\"acl\":\"$acl\",\"ip\":\"0.0.0.0\"}}"
  post
  case "$status $(field code) ${1:+named}" in
    '422 HOOK005 named') printf 'The webhook answers, the secret is right, and the ACL %s is known.\n' "$acl" ;;
    '404 HOOK004 named') fail $EXIT_REFUSED "the webhook answers and the secret is right, but it knows no ACL $acl" ;;
    '422 HOOK005 ' | '404 HOOK004 ') printf 'The webhook answers, and the secret is right.\n' ;;
    *) refused ;;
  esac
}

main() {
  case ${1:-} in
    -h | --help) usage && exit 0 ;;
    --check)
      (($# <= 2)) || fail $EXIT_USAGE "--check takes one ACL at most"
      [[ -z ${2:-} ]] || validate_acl "$2"
      validate_environment
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
  validate_environment
  case $1 in
    add) event_body access.granted "$2" "$3" ;;
    del) event_body access.revoked "$2" "$3" ;;
    flush) event_body access.flushed "$2" ;;
  esac
  post
  report "$1"
}

main "$@"
