#include "services/storage/copy_stream.hpp"

#include "services/storage/tuple_writer.hpp"

namespace sentinel::storage {

std::string_view copy_header() {
  static constexpr char kHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
  return {kHeader, 19};
}

std::string_view copy_trailer() { return {"\377\377", 2}; }

std::vector<std::string_view> tuples_of(std::string_view copied, bool begins) {
  std::vector<std::string_view> tuples;
  size_t at = begins ? copy_header().size() : 0;
  while (at + sizeof(int16_t) <= copied.size()) {
    const size_t start = at;
    const auto fields = read_raw<int16_t>(copied.data() + at);
    if (fields < 0) break;
    at += sizeof fields;
    for (int field = 0; field < fields; ++field) {
      const auto bytes = read_raw<int32_t>(copied.data() + at);
      at += sizeof bytes + (bytes > 0 ? static_cast<size_t>(bytes) : 0);
    }
    tuples.push_back(copied.substr(start, at - start));
  }
  return tuples;
}

}  // namespace sentinel::storage
