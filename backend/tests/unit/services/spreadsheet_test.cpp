#include "services/exports/spreadsheet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/small_disk.hpp"
#include "support/test_database.hpp"
#include "support/xlsx.hpp"

namespace sentinel::exports {
namespace {

using query::RawColumn;
using sentinel::testing::read_cells;
using sentinel::testing::read_zip;
using sentinel::testing::TemporaryFolder;
using sentinel::testing::XlsxCell;
using ::testing::HasSubstr;

constexpr RawColumn kTime{.name = "time", .kind = RawColumn::Kind::Time};
constexpr RawColumn kNumber{.name = "number", .kind = RawColumn::Kind::Number};
constexpr RawColumn kText{.name = "text", .kind = RawColumn::Kind::Text};

class SpreadsheetTest : public ::testing::Test {
 protected:
  std::unique_ptr<Spreadsheet> make(uint32_t sheet_records_max = kSheetRecordsMax) {
    auto made =
        Spreadsheet::create(folder_.path(), {&kTime, &kNumber, &kText}, 10, sheet_records_max);
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : nullptr;
  }

  static std::map<std::string, std::string> files_of(Spreadsheet& sheet) {
    auto bytes = sheet.finish();
    EXPECT_TRUE(bytes) << bytes.error().message;
    auto file = sheet.read(0, 1 << 20);
    EXPECT_TRUE(file);
    EXPECT_EQ(file->size(), *bytes);
    EXPECT_EQ(sheet.read(*bytes, 100).value_or("more"), "");
    return read_zip(*file);
  }

  TemporaryFolder folder_;
};

TEST_F(SpreadsheetTest, HasCellsOfTheirTypes) {
  auto sheet = make();
  ASSERT_TRUE(sheet->add("2026-11-22T12:00:00.250000Z\t-1.5e3\t=1+1\n\\N\t\\N\t\\N\n"));
  ASSERT_TRUE(sheet->add("2026-11-22T00:00:00.000000Z\t7\tC:\\\\x \\t<&\"> \xc3\xbc\n"));
  auto files = files_of(*sheet);
  auto cells = read_cells(files["xl/worksheets/sheet1.xml"]);
  EXPECT_EQ(cells["A1"].value, "time");
  EXPECT_EQ(cells["C1"].value, "text");
  EXPECT_NE(cells["A1"].style, 0);  // bold
  EXPECT_EQ(cells["A2"].value, "46348.50000289352");
  EXPECT_EQ(cells["A2"].kind, XlsxCell::Kind::Number);
  EXPECT_NE(cells["A2"].style, cells["A1"].style);
  EXPECT_EQ(cells["B2"].value, "-1500");
  EXPECT_EQ(cells["B2"].kind, XlsxCell::Kind::Number);
  EXPECT_EQ(cells["C2"].value, "=1+1");
  EXPECT_EQ(cells["C2"].kind, XlsxCell::Kind::Text);
  EXPECT_FALSE(cells.contains("A3") || cells.contains("B3") || cells.contains("C3"));
  EXPECT_EQ(cells["A4"].value, "46348");
  EXPECT_EQ(cells["C4"].value, "C:\\x \t<&\"> \xc3\xbc");
  EXPECT_THAT(files["xl/worksheets/sheet1.xml"], HasSubstr("state=\"frozen\""));
  EXPECT_THAT(files["xl/styles.xml"], HasSubstr("\"yyyy-mm-dd hh:mm:ss.000\""));
}

TEST_F(SpreadsheetTest, GoesOnInFurtherSheets) {
  auto sheet = make(2);
  std::string rows;
  for (int i = 0; i < 5; ++i) rows += fmt::format("\\N\t{}\t\\N\n", i);
  ASSERT_TRUE(sheet->add(rows));
  auto files = files_of(*sheet);
  auto value = [&](int number, const std::string& cell) {
    return read_cells(files[fmt::format("xl/worksheets/sheet{}.xml", number)])[cell].value;
  };
  EXPECT_EQ(value(1, "B2"), "0");
  EXPECT_EQ(value(1, "B3"), "1");
  EXPECT_EQ(value(1, "B4"), "");
  EXPECT_EQ(value(2, "B1"), "number");
  EXPECT_EQ(value(2, "B3"), "3");
  EXPECT_EQ(value(3, "B2"), "4");
  EXPECT_EQ(value(3, "B3"), "");
  EXPECT_THAT(files["xl/workbook.xml"], HasSubstr("\"Records 3\""));
}

TEST_F(SpreadsheetTest, ShortensATextThatNoCellHolds) {
  auto sheet = make();
  std::string longest(kCellBytesMax, 'x'), longer = "x";
  while (longer.size() <= kCellBytesMax) longer += "\xc3\xbc";
  ASSERT_TRUE(sheet->add(fmt::format("\\N\t\\N\t{}\n\\N\t\\N\t{}\n", longest, longer)));
  auto cells = read_cells(files_of(*sheet)["xl/worksheets/sheet1.xml"]);
  EXPECT_EQ(cells["C2"].value, longest);
  EXPECT_EQ(cells["C3"].value, longer.substr(0, kCellBytesMax - 4) + "\xe2\x80\xa6");
}

TEST_F(SpreadsheetTest, LeavesNothingInItsFolder) {
  auto finished = make();
  auto abandoned = make(1);
  ASSERT_TRUE(abandoned->add("\\N\t1\t\\N\n\\N\t2\t\\N\n"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  files_of(*finished);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SpreadsheetTest, IsRefusedWhereThereIsNoRoom) {
  auto refused = [](const std::string& folder, int64_t records) {
    auto made = Spreadsheet::create(folder, {&kNumber}, records);
    EXPECT_FALSE(made);
    return made ? "" : made.error().reason;
  };
  EXPECT_EQ(refused(folder_.path(), 1'000'000'000'000'000), "export_disk_full");
  EXPECT_EQ(refused(folder_.path() / "none", 1), "export_folder_unusable");
}

TEST_F(SpreadsheetTest, EndsWhenTheDiskGetsFull) {
  const auto folder = folder_.path() / "disk";
  sentinel::testing::SmallDisk disk(folder, 40);
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount";
  auto made = Spreadsheet::create(folder, {&kNumber}, 1);
  ASSERT_TRUE(made) << made.error().message;
  disk.fill();
  Result<void> added;
  while (added) added = (*made)->add("12345\n");
  EXPECT_EQ(added.error().reason, "export_disk_full");
}

}  // namespace
}  // namespace sentinel::exports
