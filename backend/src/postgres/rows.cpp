#include "postgres/rows.hpp"

#include <libpq-fe.h>

#include <charconv>

namespace sentinel::postgres {

namespace {

template <class T>
T parse(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void Rows::free(pg_result* result) { PQclear(result); }

int Rows::size() const { return result_ ? PQntuples(result_.get()) : 0; }

int Rows::columns() const { return result_ ? PQnfields(result_.get()) : 0; }

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::integer(int row, int column) const { return parse<int64_t>(text(row, column)); }

double Rows::number(int row, int column) const { return parse<double>(text(row, column)); }

std::string Rows::bytes(int row, int column) const {
  const auto hex = text(row, column);  // \x0123…
  if (hex.size() < 2) return {};
  std::string bytes((hex.size() - 2) / 2, '\0');
  // Of '0' to '9' the low four bits are the digit; of 'a' to 'f' they are nine less.
  auto digit = [](char c) { return (c & 15) + 9 * (c >> 6); };
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(digit(hex[2 * i + 2]) << 4 | digit(hex[2 * i + 3]));
  }
  return bytes;
}

std::optional<double> Rows::maybe_number(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return number(row, column);
}

std::optional<int64_t> Rows::maybe_integer(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return integer(row, column);
}

int64_t Rows::affected() const { return result_ ? parse<int64_t>(PQcmdTuples(result_.get())) : 0; }

}  // namespace sentinel::postgres
