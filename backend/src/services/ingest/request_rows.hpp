// From a request to rows: decode, check what its key may write, find the ids of its names, encode.
// metrics-api does it when a request arrives, and again for one that waited in the spool.
#pragma once

#include <optional>
#include <vector>

#include "services/ingest/caches.hpp"
#include "services/ingest/event_decoder.hpp"
#include "services/ingest/name_lookup.hpp"
#include "services/ingest/record_decoder.hpp"
#include "services/ingest/request.hpp"
#include "services/ingest/writer_statements.hpp"

namespace sentinel::ingest {

struct RecordRows {
  Rows rows;
  std::string points_json;  // what metric_point_insert takes
  int points = 0;
  std::vector<models::Rejection> rejected = {};  // by index
  size_t ignored = 0;                            // see DecodedRecords
};

struct EventRows {
  std::string json = {};  // what event_insert takes
  int count = 0;
  std::vector<models::Rejection> rejected = {};  // by index
};

// Errors: json_invalid, protobuf_invalid, too_many_records.
Result<DecodedRecords> decode_records(const Request& request);

// The rows of a request whose names are all in memory, as nearly all are: without a wait. Nothing
// when one is not, and then `decoded` is as it was.
std::optional<RecordRows> make_known_rows(Registry& registry, const Request& request,
                                          DecodedRecords& decoded, NameLimits limits);

// `decoded` is of `request`, which must live as long. Errors: Unavailable (a name could not be
// asked for).
Task<Result<RecordRows>> make_rows(Registry& registry, const Request& request,
                                   DecodedRecords decoded, NameLimits limits);
Task<Result<EventRows>> make_rows(Registry& registry, const Request& request, DecodedEvents decoded,
                                  NameLimits limits);

// Whether a request with these refusals gives the same rows when it is decoded again from the
// spool. Where one is over a limit on names it may not: later there is room.
bool is_repeatable(const std::vector<models::Rejection>& rejected);

// What can be said of a request while the database is away: how many of its records (or events)
// will be stored when it is back, and which are refused. Errors: those of decoding; Unavailable (an
// agent that is not known here, and a key that may not register one: it cannot be told). Which
// names are new cannot be told either, so nothing is refused for that.
struct Outlook {
  int count = 0;
  std::vector<models::Rejection> rejected;  // by index
};
Result<Outlook> outlook(const Registry& registry, const Request& request);

}  // namespace sentinel::ingest
