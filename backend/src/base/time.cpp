#include "base/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace sentinel {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::unexpected<Error> bad_time(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "time_invalid",
              fmt::format("'{}' is not a time: {}", text.substr(0, 64), why));
}

// `count` decimal digits at `position`, or -1.
int digits(std::string_view text, size_t position, size_t count) {
  if (position + count > text.size()) return -1;
  int value = 0;
  for (size_t i = position; i < position + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// The offset from UTC at the end of an RFC 3339 time, from `position` to the end.
std::optional<minutes> parse_offset(std::string_view text, size_t position) {
  if (position + 1 == text.size() && (text[position] == 'Z' || text[position] == 'z')) {
    return minutes{0};
  }
  if (position + 6 != text.size() || (text[position] != '+' && text[position] != '-') ||
      text[position + 3] != ':') {
    return std::nullopt;
  }
  int hour = digits(text, position + 1, 2);
  int minute = digits(text, position + 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  minutes offset{hour * 60 + minute};
  return text[position] == '-' ? -offset : offset;
}

std::optional<Microseconds> unit_length(char unit) {
  switch (unit) {
    case 's':
      return seconds{1};
    case 'm':
      return minutes{1};
    case 'h':
      return hours{1};
    case 'd':
      return days{1};
    case 'w':
      return days{7};
    default:
      return std::nullopt;
  }
}

Timestamp round_down(Timestamp time, Microseconds unit) {
  // 1970-01-01 was a Thursday; weeks begin on Monday.
  Microseconds shift = unit == days{7} ? Microseconds{days{3}} : Microseconds{0};
  auto since = time.time_since_epoch() + shift;
  return Timestamp{since - since % unit - shift};
}

}  // namespace

Timestamp now() {
  return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return bad_time(text, "write 2026-11-22T20:45:00Z");
  }
  int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  std::chrono::year_month_day date{std::chrono::year{year},
                                   std::chrono::month{static_cast<unsigned>(month)},
                                   std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1970 || year > 2261 || month < 1 || day < 1 || !date.ok()) {
    return bad_time(text, "no such date between 1970 and 2261");
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return bad_time(text, "no such time of day");
  }
  size_t position = 19;
  long fraction = 0;
  if (text[position] == '.') {
    long weight = 100'000;
    size_t first = ++position;
    for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position) {
      fraction += (text[position] - '0') * weight;
      weight /= 10;
    }
    if (position == first) return bad_time(text, "a fraction needs digits");
  }
  if (position >= text.size()) return bad_time(text, "it needs Z or an offset such as +01:00");
  auto offset = parse_offset(text, position);
  if (!offset) return bad_time(text, "it needs Z or an offset such as +01:00");
  Timestamp local = std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} +
                    Microseconds{fraction};
  return local - *offset;
}

std::string format_rfc3339(Timestamp time) {
  auto day = std::chrono::floor<days>(time);
  std::chrono::year_month_day date{day};
  std::chrono::hh_mm_ss clock{time - day};
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                          clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (auto fraction = clock.subseconds().count(); fraction != 0) {
    text += fmt::format(".{:06}", fraction);
  }
  return text + 'Z';
}

Result<Timestamp> parse_time_expression(std::string_view text, Timestamp now) {
  if (!text.starts_with("now")) return parse_rfc3339(text);
  std::string_view rest = text.substr(3);
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    bool back = rest.front() == '-';
    size_t end = rest.find('/');
    auto offset = parse_duration(rest.substr(1, end == rest.npos ? rest.npos : end - 1));
    if (!offset) return bad_time(text, "write now, now-6h or now-1d/d");
    now = back ? now - *offset : now + *offset;
    rest = end == rest.npos ? std::string_view{} : rest.substr(end);
    constexpr std::chrono::sys_days kEnd{std::chrono::year{2262} / 1 / 1};
    if (now < Timestamp{} || now >= kEnd) {
      return bad_time(text, "no such date between 1970 and 2261");
    }
  }
  if (rest.empty()) return now;
  auto unit = rest.size() == 2 && rest[0] == '/' ? unit_length(rest[1]) : std::nullopt;
  if (!unit) return bad_time(text, "write now, now-6h or now-1d/d");
  return round_down(now, *unit);
}

Result<Microseconds> parse_duration(std::string_view text) {
  double count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  auto rest = text.substr(static_cast<size_t>(end - text.data()));
  auto unit = rest.empty()       ? std::optional<Microseconds>{seconds{1}}
              : rest.size() == 1 ? unit_length(rest[0])
              : rest == "ms"     ? std::optional<Microseconds>{std::chrono::milliseconds{1}}
                                 : std::nullopt;
  if (error != std::errc{} || !unit || !(count >= 0) || count > 1e6) {
    return fail(ErrorCode::InvalidArgument, "duration_invalid",
                fmt::format("'{}' is not a duration: write 10s, 5m, 1h or 1d", text.substr(0, 64)));
  }
  return Microseconds{static_cast<int64_t>(count * static_cast<double>(unit->count()))};
}

}  // namespace sentinel
