// Reads a spreadsheet as other programs do: the zip file, and the cells of a sheet.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sentinel::testing {

// The files of a zip archive, unpacked. Throws where it is not one, or a file's checksum is wrong.
std::map<std::string, std::string> read_zip(std::string_view archive);

struct XlsxCell {
  enum class Kind { Number, Text } kind = Kind::Number;
  std::string value;
  int style = 0;
};
// Those of a sheet by name, such as B2; entities of XML are resolved. Throws for a formula.
std::map<std::string, XlsxCell> read_cells(std::string_view sheet);

}  // namespace sentinel::testing
