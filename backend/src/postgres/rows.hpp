// What a statement answered. Values are text as PostgreSQL writes them; asking for a number of a
// column that holds none gives 0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pg_result;

namespace sentinel::postgres {

class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result) : result_(result, &free) {}

  int size() const;
  int columns() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;
  int64_t integer(int row, int column) const;
  double number(int row, int column) const;
  // Of a bytea.
  std::string bytes(int row, int column) const;
  bool boolean(int row, int column) const { return text(row, column) == "t"; }
  std::optional<double> maybe_number(int row, int column) const;
  std::optional<int64_t> maybe_integer(int row, int column) const;
  // Rows that an INSERT wrote.
  int64_t affected() const;

 private:
  static void free(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_{nullptr, &free};
};

}  // namespace sentinel::postgres
