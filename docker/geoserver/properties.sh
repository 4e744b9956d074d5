# shellcheck shell=sh
# Java properties files from shell: sourced by start.sh.

# One value as it stands in a properties file: UTF-8 becomes \uXXXX, since Java reads these files as ISO 8859-1.
# Bytes are told apart by their number, so that any awk in the C locale does.
property_value() {
  printf '%s' "$1" | LC_ALL=C awk '
    BEGIN { for (i = 1; i < 256; i++) byte[sprintf("%c", i)] = i; first = 1 }
    function unit(n) { return sprintf("\\u%04X", n) }
    {
      if (!first) out = out "\\n"
      first = 0
      line = $0; length_ = length(line); leading = (out == "")
      for (i = 1; i <= length_; i++) {
        c = substr(line, i, 1); b = byte[c]
        if (c == "\\") { out = out "\\\\"; leading = 0 }
        else if (c == "\t") out = out "\\t"
        else if (c == "\r") out = out "\\r"
        else if (c == " ") out = out (leading ? "\\ " : " ")
        else if (b < 32 || b == 127) { out = out unit(b); leading = 0 }
        else if (b < 128) { out = out c; leading = 0 }
        else {
          more = b >= 240 ? 3 : b >= 224 ? 2 : 1
          code = b - (b >= 240 ? 240 : b >= 224 ? 224 : 192)
          for (; more > 0; more--) { i++; code = code * 64 + byte[substr(line, i, 1)] - 128 }
          if (code < 65536) out = out unit(code)
          else { code -= 65536; out = out unit(55296 + int(code / 1024)) unit(56320 + code % 1024) }
          leading = 0
        }
      }
    }
    END { printf "%s", out }'
}

# One value as it stands in a URL's query.
url_value() {
  printf '%s' "$1" | LC_ALL=C awk '
    BEGIN { for (i = 1; i < 256; i++) byte[sprintf("%c", i)] = i }
    {
      if (NR > 1) out = out "%0A"
      for (i = 1; i <= length($0); i++) {
        c = substr($0, i, 1)
        out = out (c ~ /[A-Za-z0-9._~-]/ ? c : sprintf("%%%02X", byte[c]))
      }
    }
    END { printf "%s", out }'
}

# Lines of a properties file whose key is none of "$2" (keys parted by spaces), as they stand, comments too.
other_properties() {
  [ -f "$1" ] || return 0
  LC_ALL=C awk -v keys="$2" '
    BEGIN { n = split(keys, list, " "); for (i = 1; i <= n; i++) ours[list[i]] = 1 }
    # the key ends at the first =, : or blank that no backslash stands before
    function key_of(line,   i, c, key) {
      sub(/^[ \t\f]+/, "", line)
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\\") { i++; key = key substr(line, i, 1) }
        else if (c ~ /[=: \t\f]/) break
        else key = key c
      }
      return key
    }
    # an odd number of backslashes at the end: the next line belongs to this one
    function goes_on(line,   n) {
      while (substr(line, length(line) - n, 1) == "\\" && n < length(line)) n++
      return n % 2
    }
    {
      line = $0; sub(/\r$/, "", line)
      if (inside) { if (keep) print; inside = goes_on(line); next }
      if (line ~ /^[ \t\f]*([#!]|$)/) { print; next }
      keep = !(key_of(line) in ours)
      if (keep) print
      inside = goes_on(line)
    }' "$1"
}

# Puts what it reads into "$1" as a whole or not at all, readable by its owner only.
write_private() {
  write_folder=$(dirname "$1")
  mkdir -p "$write_folder"
  write_draft="$write_folder/.$(basename "$1").$$"
  (umask 077 && cat >"$write_draft") || { rm -f "$write_draft"; return 1; }
  mv -f "$write_draft" "$1"
}
