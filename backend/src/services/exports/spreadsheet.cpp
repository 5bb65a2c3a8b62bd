#include "services/exports/spreadsheet.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sentinel::exports {

namespace {

// What a record takes of the disk for each of its columns before it is packed, as measured with
// every column filled.
constexpr uint64_t kBytesPerCell = 48;
// A plain zip file ends at 4 GB, packed or not, and not every program reads the others.
constexpr uint64_t kZip64From = 2ULL << 30;
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

double days_since_1899(Timestamp time) {
  constexpr double kDayOf1970 = 25'569, kDay_us = 86'400e6;
  return kDayOf1970 + static_cast<double>(time.time_since_epoch().count()) / kDay_us;
}

// A cell of COPY's text form.
void unescape(std::string_view copied, std::string& text) {
  text.clear();
  for (size_t i = 0; i < copied.size(); ++i) {
    if (copied[i] != '\\' || i + 1 == copied.size()) {
      text += copied[i];
      continue;
    }
    constexpr std::string_view kLetters = "bfnrtv", kMeant = "\b\f\n\r\t\v";
    const auto letter = kLetters.find(copied[++i]);
    text += letter == kLetters.npos ? copied[i] : kMeant[letter];
  }
}

void shorten(std::string& text) {
  if (text.size() <= kCellBytesMax) return;
  size_t end = kCellBytesMax - kEllipsis.size();
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  text.resize(end);
  text += kEllipsis;
}

}  // namespace

Result<std::unique_ptr<Spreadsheet>> Spreadsheet::create(
    std::string folder, std::vector<const query::RawColumn*> columns, int64_t expected_records,
    uint32_t sheet_records_max) {
  std::unique_ptr<Spreadsheet> sheet(
      new Spreadsheet(std::move(folder), std::move(columns), sheet_records_max));
  if (auto opened = sheet->open(expected_records); !opened) return forward(opened);
  return sheet;
}

Spreadsheet::~Spreadsheet() {
  if (workbook_) {
    // libxlsxwriter closes the files of its sheets only where it packs them.
    for (auto* sheet : sheets_) fclose(sheet->optimize_tmpfile);
    lxw_workbook_free(workbook_);
  }
  if (file_ >= 0) close(file_);
}

Result<void> Spreadsheet::open(int64_t expected_records) {
  const auto expected = static_cast<uint64_t>(expected_records) * columns_.size() * kBytesPerCell;
  if (auto room = check_disk(expected); !room) return room;
  auto name = folder_ + "/sentinel-export-XXXXXX";
  file_ = mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return disk_full(strerror(errno));
  unlink(name.c_str());
  // The library wants a name, and finds the file by its number.
  lxw_workbook_options options{.constant_memory = LXW_TRUE,
                               .tmpdir = folder_.data(),
                               .use_zip64 = static_cast<uint8_t>(expected > kZip64From)};
  workbook_ = workbook_new_opt(fmt::format("/proc/self/fd/{}", file_).c_str(), &options);
  if (!workbook_) return disk_full("no memory");
  bold_ = workbook_add_format(workbook_);
  format_set_bold(bold_);
  time_ = workbook_add_format(workbook_);
  format_set_num_format(time_, "yyyy-mm-dd hh:mm:ss.000");
  return add_sheet();
}

Result<void> Spreadsheet::add_sheet() {
  const auto columns_n = static_cast<uint16_t>(columns_.size());
  const auto number = sheets_.size() + 1;
  const auto name = number == 1 ? std::string("Records") : fmt::format("Records {}", number);
  auto* sheet = workbook_add_worksheet(workbook_, name.c_str());
  if (!sheet) return disk_full("no file for a sheet");
  sheets_.push_back(sheet);
  worksheet_freeze_panes(sheet, 1, 0);
  for (uint16_t column = 0; column < columns_n; ++column) {
    const bool time = columns_[column]->kind == query::RawColumn::Kind::Time;
    worksheet_set_column(sheet, column, column, time ? 24 : 16, nullptr);
    worksheet_write_string(sheet, 0, column, std::string(columns_[column]->name).c_str(), bold_);
  }
  row_ = 1;
  return {};
}

Result<void> Spreadsheet::add(std::string_view rows) {
  const auto columns_n = static_cast<uint16_t>(columns_.size());
  while (!rows.empty()) {
    if (row_ > sheet_records_max_) {
      if (auto added = add_sheet(); !added) return added;
    }
    const size_t end = std::min(rows.find('\n'), rows.size());
    auto row = rows.substr(0, end);
    for (uint16_t column = 0; column < columns_n; ++column) {
      const size_t tab = std::min(row.find('\t'), row.size());
      add_cell(column, row.substr(0, tab));
      row.remove_prefix(std::min(tab + 1, row.size()));
    }
    ++row_;
    rows.remove_prefix(std::min(end + 1, rows.size()));
  }
  // The library does not look whether what it writes finds room.
  if (ferror(sheets_.back()->optimize_tmpfile)) return disk_full(strerror(ENOSPC));
  return check_disk(0);
}

void Spreadsheet::add_cell(uint16_t column, std::string_view copied) {
  if (copied == "\\N") return;
  auto* sheet = sheets_.back();
  unescape(copied, text_);
  switch (columns_[column]->kind) {
    case query::RawColumn::Kind::Number: {
      double number = 0;
      const auto* end = text_.data() + text_.size();
      if (std::from_chars(text_.data(), end, number).ptr == end) {
        worksheet_write_number(sheet, row_, column, number, nullptr);
        return;
      }
      break;
    }
    case query::RawColumn::Kind::Time:
      if (auto time = parse_rfc3339(text_)) {
        worksheet_write_number(sheet, row_, column, days_since_1899(*time), time_);
        return;
      }
      break;
    case query::RawColumn::Kind::Word:
    case query::RawColumn::Kind::Text:
    case query::RawColumn::Kind::Json:
      break;
  }
  shorten(text_);
  worksheet_write_string(sheet, row_, column, text_.c_str(), nullptr);
}

Result<uint64_t> Spreadsheet::finish() {
  uint64_t largest = 0, all = 0;
  for (auto* sheet : sheets_) {
    auto* file = sheet->optimize_tmpfile;
    if (fflush(file) != 0 || ferror(file)) return disk_full(strerror(ENOSPC));
    const auto size = static_cast<uint64_t>(std::max<int64_t>(ftello(file), 0));
    largest = std::max(largest, size);
    all += size;
  }
  // A sheet is copied before it is packed, and the library does not look whether that finds room.
  if (auto room = check_disk(largest + all / 4); !room) return forward(room);
  const auto error = workbook_close(workbook_);
  workbook_ = nullptr;
  if (error != LXW_NO_ERROR) return disk_full(lxw_strerror(error));
  // The end of a zip file, without a comment; it is written last.
  struct stat status{};
  char end[22] = {};
  if (fstat(file_, &status) != 0 || status.st_size < 22 ||
      pread(file_, end, sizeof end, status.st_size - 22) != 22 || memcmp(end, "PK\5\6", 4) != 0) {
    return disk_full(strerror(ENOSPC));
  }
  return static_cast<uint64_t>(status.st_size);
}

Result<std::string> Spreadsheet::read(uint64_t offset, size_t bytes) const {
  std::string piece(bytes, '\0');
  const auto size = pread(file_, piece.data(), bytes, static_cast<off_t>(offset));
  if (size < 0) {
    return fail(ErrorCode::Unavailable, "export_folder_unusable",
                fmt::format("a spreadsheet in {} cannot be read: {}", folder_, strerror(errno)));
  }
  piece.resize(static_cast<size_t>(size));
  return piece;
}

Result<void> Spreadsheet::check_disk(uint64_t bytes) const {
  struct statvfs disk{};
  if (statvfs(folder_.c_str(), &disk) != 0) {
    return fail(
        ErrorCode::Unavailable, "export_folder_unusable",
        fmt::format("the folder {} for spreadsheets cannot be used: {}", folder_, strerror(errno)));
  }
  const uint64_t free = disk.f_bavail * disk.f_frsize;
  if (free >= bytes + kDiskReserve) return {};
  return disk_full(
      fmt::format("{} MB are free, {} MB are needed", free >> 20, (bytes + kDiskReserve) >> 20));
}

std::unexpected<Error> Spreadsheet::disk_full(std::string_view why) const {
  return fail(ErrorCode::Unavailable, "export_disk_full",
              fmt::format("a spreadsheet finds no room in {} ({}); csv needs none", folder_, why));
}

}  // namespace sentinel::exports
