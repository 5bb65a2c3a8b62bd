// A spreadsheet (xlsx) that is written record by record into a file without a name, with bounded
// memory. It blocks on the disk: not for the threads that serve.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "services/query/record_text.hpp"

struct lxw_workbook;
struct lxw_worksheet;
struct lxw_format;

namespace sentinel::exports {

// A sheet has 1,048,576 rows, the first of them the names of the columns.
inline constexpr uint32_t kSheetRecordsMax = 1'048'575;
// What a cell holds; Excel's limit is 32,767 characters. Longer texts end with an ellipsis.
inline constexpr size_t kCellBytesMax = 32'767;
// What is left to others on the disk.
inline constexpr uint64_t kDiskReserve = 32 << 20;

class Spreadsheet {
 public:
  // `folder` holds it until it is destroyed. `expected_records`: what the disk must have room for.
  // Errors: Unavailable (export_disk_full, export_folder_unusable).
  static Result<std::unique_ptr<Spreadsheet>> create(std::string folder,
                                                     std::vector<const query::RawColumn*> columns,
                                                     int64_t expected_records,
                                                     uint32_t sheet_records_max = kSheetRecordsMax);
  ~Spreadsheet();
  Spreadsheet(const Spreadsheet&) = delete;
  Spreadsheet& operator=(const Spreadsheet&) = delete;

  // `rows` in the text form of COPY, whole ones. Errors: Unavailable (export_disk_full).
  Result<void> add(std::string_view rows);
  // After the last: how many bytes the file has. Errors: Unavailable (export_disk_full).
  Result<uint64_t> finish();
  // At most `bytes` of the file; none at its end. Errors: Unavailable.
  Result<std::string> read(uint64_t offset, size_t bytes) const;

 private:
  Spreadsheet(std::string folder, std::vector<const query::RawColumn*> columns,
              uint32_t sheet_records_max)
      : folder_(std::move(folder)),
        columns_(std::move(columns)),
        sheet_records_max_(sheet_records_max) {}

  Result<void> open(int64_t expected_records);
  Result<void> add_sheet();
  void add_cell(uint16_t column, std::string_view copied);
  // Whether the disk has room for `bytes` more.
  Result<void> check_disk(uint64_t bytes) const;
  std::unexpected<Error> disk_full(std::string_view why) const;

  std::string folder_;
  const std::vector<const query::RawColumn*> columns_;
  const uint32_t sheet_records_max_;
  int file_ = -1;
  lxw_workbook* workbook_ = nullptr;
  std::vector<lxw_worksheet*> sheets_;
  lxw_format* bold_ = nullptr;
  lxw_format* time_ = nullptr;
  uint32_t row_ = 0;  // of the newest sheet, the next
  std::string text_;  // of a cell, unescaped
};

}  // namespace sentinel::exports
