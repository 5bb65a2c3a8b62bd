#include "otlp/response.hpp"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/json_writer.hpp"

namespace sentinel::otlp {

std::string export_response(Signal signal, Encoding encoding, size_t rejected,
                            std::string_view message) {
  const bool partial = rejected > 0 || !message.empty();
  if (encoding == Encoding::Json) {
    static constexpr std::string_view kRejected[] = {"rejectedSpans", "rejectedDataPoints",
                                                     "rejectedLogRecords"};
    if (!partial) return "{}";
    JsonWriter json;
    json.begin_object().key("partialSuccess").begin_object();
    json.field(kRejected[static_cast<size_t>(signal)], std::to_string(rejected))
        .field("errorMessage", message);
    return json.end_object().end_object().take();
  }
  std::string body;
  if (!partial) return body;
  protozero::pbf_writer response(body);
  protozero::pbf_writer success(response, 1);
  success.add_int64(1, static_cast<int64_t>(rejected));
  success.add_string(2, message.data(), message.size());
  success.commit();
  return body;
}

std::string status_response(Encoding encoding, int code, std::string_view message) {
  if (encoding == Encoding::Json) {
    JsonWriter json;
    return json.begin_object().field("code", code).field("message", message).end_object().take();
  }
  std::string body;
  protozero::pbf_writer status(body);
  status.add_int32(1, code);
  status.add_string(2, message.data(), message.size());
  return body;
}

std::string status_with_retry(int code, std::string_view message, int retry_after_s) {
  auto body = status_response(Encoding::Protobuf, code, message);
  std::string retry_info;
  {
    protozero::pbf_writer info(retry_info);
    protozero::pbf_writer delay(info, 1);
    delay.add_int64(1, retry_after_s);
  }
  protozero::pbf_writer status(body);
  protozero::pbf_writer any(status, 3);
  any.add_string(1, "type.googleapis.com/google.rpc.RetryInfo");
  any.add_bytes(2, retry_info);
  any.commit();
  return body;
}

std::string status_message(std::string_view status) {
  protozero::pbf_reader reader(status.data(), status.size());
  return reader.next(2) ? reader.get_string() : "";
}

}  // namespace sentinel::otlp
