#include "support/xlsx.hpp"

#include <zlib.h>

#include <cstdint>
#include <stdexcept>

namespace sentinel::testing {

namespace {

uint32_t number_at(std::string_view bytes, size_t at, int size) {
  if (at + static_cast<size_t>(size) > bytes.size()) throw std::runtime_error("a zip file is cut");
  uint32_t number = 0;
  for (int i = size - 1; i >= 0; --i) {
    number = number << 8 | static_cast<uint8_t>(bytes[at + static_cast<size_t>(i)]);
  }
  return number;
}

std::string inflate_raw(std::string_view packed, size_t size) {
  std::string plain(size, '\0');
  z_stream stream{};
  inflateInit2(&stream, -MAX_WBITS);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const int state = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (state != Z_STREAM_END) throw std::runtime_error("a file of a zip file cannot be unpacked");
  return plain;
}

std::string attribute(std::string_view tag, std::string_view name) {
  const auto key = std::string(" ") + std::string(name) + "=\"";
  const size_t begin = tag.find(key);
  if (begin == tag.npos) return "";
  return std::string(
      tag.substr(begin + key.size(), tag.find('"', begin + key.size()) - begin - key.size()));
}

std::string without_entities(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    bool found = false;
    for (auto [entity, c] :
         {std::pair{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}}) {
      if (found || !text.substr(i).starts_with(entity)) continue;
      plain += c;
      i += std::string_view(entity).size() - 1;
      found = true;
    }
    if (!found) plain += text[i];
  }
  return plain;
}

std::string element(std::string_view text, std::string_view name) {
  size_t begin = text.find(std::string("<") + std::string(name));
  if (begin == text.npos) return "";
  begin = text.find('>', begin) + 1;
  return std::string(text.substr(begin, text.find("</" + std::string(name), begin) - begin));
}

}  // namespace

std::map<std::string, std::string> read_zip(std::string_view archive) {
  const size_t end = archive.rfind("PK\5\6");
  if (end == archive.npos) throw std::runtime_error("this is no complete zip file");
  std::map<std::string, std::string> files;
  size_t entry = number_at(archive, end + 16, 4);
  for (auto left = number_at(archive, end + 10, 2); left > 0; --left) {
    const auto crc = number_at(archive, entry + 16, 4);
    const auto packed = number_at(archive, entry + 20, 4);
    const auto plain = number_at(archive, entry + 24, 4);
    const auto name_size = number_at(archive, entry + 28, 2);
    const auto local = number_at(archive, entry + 42, 4);
    const std::string name(archive.substr(entry + 46, name_size));
    const size_t data =
        local + 30 + number_at(archive, local + 26, 2) + number_at(archive, local + 28, 2);
    auto& file = files[name];
    file = inflate_raw(archive.substr(data, packed), plain);
    if (crc32(0, reinterpret_cast<const Bytef*>(file.data()), static_cast<uInt>(file.size())) !=
        crc) {
      throw std::runtime_error(name + " has another checksum");
    }
    entry += 46 + name_size + number_at(archive, entry + 30, 2) + number_at(archive, entry + 32, 2);
  }
  return files;
}

std::map<std::string, XlsxCell> read_cells(std::string_view sheet) {
  std::map<std::string, XlsxCell> cells;
  for (size_t at = sheet.find("<c "); at != sheet.npos; at = sheet.find("<c ", at + 1)) {
    const auto tag = sheet.substr(at, sheet.find('>', at) + 1 - at);
    if (tag.ends_with("/>")) continue;
    const auto content = sheet.substr(at, sheet.find("</c>", at) - at);
    if (content.find("<f") != content.npos) throw std::runtime_error("a formula");
    auto& cell = cells[attribute(tag, "r")];
    const auto style = attribute(tag, "s");
    cell.style = style.empty() ? 0 : std::stoi(style);
    const bool text = attribute(tag, "t") == "inlineStr";
    cell.kind = text ? XlsxCell::Kind::Text : XlsxCell::Kind::Number;
    cell.value = without_entities(element(content, text ? "t" : "v"));
  }
  return cells;
}

}  // namespace sentinel::testing
