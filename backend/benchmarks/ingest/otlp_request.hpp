// An ExportTraceServiceRequest of inference spans, one a record. Field numbers are those of
// opentelemetry-proto 1.
#pragma once

#include <cstring>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "record_text.hpp"

namespace sentinel::benchmarks {

class OtlpRequest {
 public:
  // Appends the body of a request with `records` spans that end at `unix_us`, 1 us apart.
  void append(std::string& out, unsigned records, int64_t unix_us) {
    protozero::pbf_writer request(out);
    protozero::pbf_writer resource_spans(request, 1);
    {
      protozero::pbf_writer resource(resource_spans, 1);
      text_attribute(resource, 1, "service.name", "bench");
    }
    protozero::pbf_writer scope_spans(resource_spans, 2);
    {
      protozero::pbf_writer scope(scope_spans, 1);
      scope.add_string(1, "bench");
    }
    for (unsigned i = 0; i < records; ++i) {
      protozero::pbf_writer span(scope_spans, 2);
      write_span(span, unix_us - static_cast<int64_t>(records - i));
    }
  }

 private:
  void write_span(protozero::pbf_writer& span, int64_t end_us) {
    const uint64_t bits = random_.next();
    char ids[24];
    for (size_t at = 0; at < sizeof ids; at += 8) {
      const uint64_t id = random_.next() | 1;
      std::memcpy(ids + at, &id, 8);
    }
    const auto latency_us = static_cast<int64_t>(100'000 + bits % 900'000);
    span.add_bytes(1, ids, 16);
    span.add_bytes(2, ids + 16, 8);
    span.add_string(5, "chat gpt-4o-mini");
    span.add_enum(6, 3);  // client
    span.add_fixed64(7, static_cast<uint64_t>(end_us - latency_us) * 1000);
    span.add_fixed64(8, static_cast<uint64_t>(end_us) * 1000);
    char agent[] = "agent-00";
    agent[6] = static_cast<char>('0' + (bits >> 24) % 5);
    agent[7] = static_cast<char>('0' + (bits >> 28) % 10);
    text_attribute(span, 9, "gen_ai.operation.name", "chat");
    text_attribute(span, 9, "gen_ai.provider.name", "openai");
    text_attribute(span, 9, "gen_ai.request.model", "gpt-4o-mini");
    text_attribute(span, 9, "gen_ai.agent.name", {agent, 8});
    integer_attribute(span, "gen_ai.usage.input_tokens",
                      static_cast<int64_t>(1000 + (bits >> 32) % 9000));
    integer_attribute(span, "gen_ai.usage.output_tokens",
                      static_cast<int64_t>(100 + (bits >> 46) % 900));
    {
      protozero::pbf_writer attribute(span, 9);
      attribute.add_string(1, "gen_ai.usage.cost");
      protozero::pbf_writer value(attribute, 2);
      value.add_double(4, static_cast<double>(1 + (bits >> 50) % 9999) / 1e6);
    }
    protozero::pbf_writer status(span, 15);
    status.add_enum(3, 1);  // ok
  }

  static void text_attribute(protozero::pbf_writer& to, protozero::pbf_tag_type field,
                             std::string_view key, std::string_view text) {
    protozero::pbf_writer attribute(to, field);
    attribute.add_string(1, key.data(), key.size());
    protozero::pbf_writer value(attribute, 2);
    value.add_string(1, text.data(), text.size());
  }
  static void integer_attribute(protozero::pbf_writer& to, std::string_view key, int64_t number) {
    protozero::pbf_writer attribute(to, 9);
    attribute.add_string(1, key.data(), key.size());
    protozero::pbf_writer value(attribute, 2);
    value.add_int64(3, number);
  }

  Random random_;
};

}  // namespace sentinel::benchmarks
