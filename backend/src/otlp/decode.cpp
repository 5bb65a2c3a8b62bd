#include "otlp/decode.hpp"

#include <fmt/format.h>

#include "otlp/json_reader.hpp"
#include "otlp/mapper.hpp"
#include "otlp/protobuf_reader.hpp"

namespace sentinel::otlp {

namespace {

std::unique_ptr<Mapper> make_mapper(Signal signal, const DecodeOptions& options) {
  switch (signal) {
    case Signal::Traces:
      return make_trace_mapper(options);
    case Signal::Logs:
      return make_log_mapper(options);
    case Signal::Metrics:
      return make_metric_mapper(options);
  }
  return nullptr;
}

}  // namespace

Result<models::DecodedRecords> decode(Signal signal, Encoding encoding, const std::string& body,
                                      const DecodeOptions& options) {
  auto mapper = make_mapper(signal, options);
  auto read = encoding == Encoding::Protobuf
                  ? read_protobuf(signal, body, *mapper)
                  : read_json(signal, body, mapper->out().unescaped, *mapper);
  if (!read) return forward(read);
  if (mapper->too_many()) {
    return fail(ErrorCode::TooLarge, "too_many_records",
                fmt::format("an export may hold at most {} spans, log records or data points",
                            models::kOtlpItemsMax));
  }
  mapper->finish();
  return std::move(mapper->out());
}

}  // namespace sentinel::otlp
