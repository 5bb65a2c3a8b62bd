#include "collectors/buffer/segment_queue.hpp"

namespace sentinel::collectors {

Result<SegmentQueue> SegmentQueue::open(const std::string& folder, uint64_t bytes_max) {
  auto log = SegmentLog::open(folder,
                              {.magic = "SNTLBUF1", .contents = "samples", .bytes_max = bytes_max});
  if (!log) return forward(log);
  return SegmentQueue(std::move(*log));
}

Batch SegmentQueue::peek(size_t count_max, size_t bytes_max) {
  Batch batch;
  log_.peek([&](Frame&& frame) {
    Item item{.route = static_cast<Route>(frame.kind), .json = std::move(frame.payload)};
    return batch.add(item, count_max, bytes_max);
  });
  return batch;
}

}  // namespace sentinel::collectors
