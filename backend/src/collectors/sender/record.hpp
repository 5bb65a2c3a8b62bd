// Samples and events as the JSON of metrics-api.
#pragma once

#include <string>
#include <string_view>

#include "collectors/buffer/item.hpp"
#include "collectors/sources/sampler.hpp"

namespace sentinel::collectors {

struct Event {
  std::string agent;
  std::string_view type;  // started, stopped, error
  Timestamp time;
  std::string message;
  pid_t process = 0;
  std::optional<int> exit_code;
};

// Gives every record an id that no other has, of this run or another: a retry then counts once.
class RecordWriter {
 public:
  explicit RecordWriter(std::string host);

  Item sample(const Sample& sample);
  Item event(const Event& event);

 private:
  std::string next_id();

  std::string host_;
  std::string run_;  // 64 random bits
  uint64_t sequence_ = 0;
};

// `text` with what is not UTF-8 replaced by '?', cut at `size_max` bytes between characters.
std::string clean_text(std::string_view text, size_t size_max);

}  // namespace sentinel::collectors
