#include "api/db_api/cursor.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sentinel::db_api {

namespace {

constexpr int64_t kTimeMax_us = 9'214'646'400'000'000;  // 2262-01-01

// Nothing where it is no number from 0 on.
std::optional<int64_t> number_of(std::string_view text) {
  int64_t number = 0;
  auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::unexpected<Error> bad_cursor() {
  return fail(ErrorCode::InvalidArgument, "cursor_invalid",
              "this cursor is not one of ours; begin again without it");
}

std::string format_cursor(const TimeCursor& cursor) {
  return fmt::format("{}.{}", cursor.time.time_since_epoch().count(), format_uuid(cursor.id));
}

Result<TimeCursor> parse_cursor(std::string_view cursor) {
  const auto dot = cursor.find('.');
  if (dot == cursor.npos) return bad_cursor();
  const auto time = number_of(cursor.substr(0, dot));
  const auto id = parse_uuid(cursor.substr(dot + 1));
  if (!time || *time > kTimeMax_us || !id) return bad_cursor();
  return TimeCursor{Timestamp{Microseconds{*time}}, *id};
}

std::string format_cursor(const NumberCursor& cursor) {
  return fmt::format("{}.{}", cursor.first, cursor.second);
}

Result<NumberCursor> parse_number_cursor(std::string_view cursor) {
  const auto dot = cursor.find('.');
  if (dot == cursor.npos) return bad_cursor();
  const auto first = number_of(cursor.substr(0, dot));
  const auto second = number_of(cursor.substr(dot + 1));
  if (!first || *first > kTimeMax_us || !second) return bad_cursor();
  return NumberCursor{*first, *second};
}

}  // namespace sentinel::db_api
