#include "services/exports/export_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "services/exports/spreadsheet.hpp"
#include "services/query/metrics_query.hpp"

namespace sentinel::exports {

namespace {

using query::RawColumn;

constexpr size_t kPieceBytes = 256 * 1024;

// A text that a spreadsheet would take for a formula; it gets a quote in front, as OWASP advises.
bool is_risky(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
}

// A field of RFC 4180. Nothing is nothing, and no text is "".
void append_csv(std::string& out, std::optional<std::string_view> field, RawColumn::Kind kind) {
  if (!field) return;
  const bool risky = kind == RawColumn::Kind::Text && is_risky(*field);
  if (kind == RawColumn::Kind::Number ||
      (!field->empty() && field->find_first_of(",\"\r\n") == field->npos)) {
    if (risky) out += '\'';
    out += *field;
    return;
  }
  out.append(risky ? "\"'" : "\"");
  for (const char c : *field) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

// A field of COPY's text form, in which spreadsheets take their rows.
void append_copy(std::string& out, std::optional<std::string_view> field) {
  if (!field) {
    out += "\\N";
    return;
  }
  for (const char c : *field) {
    constexpr std::string_view kMeant = "\t\n\r\\", kLetters = "tnr\\";
    const auto special = kMeant.find(c);
    if (special != kMeant.npos) out += '\\';
    out += special == kMeant.npos ? c : kLetters[special];
  }
}

// Appends records in a text format, one by one.
class Shaper {
 public:
  Shaper(Format format, const query::RawColumns& columns) : format_(format), columns_(columns) {
    for (const auto* column : columns) keys_.push_back(fmt::format("\"{}\":", column->name));
  }

  void begin(std::string& out) const {
    if (format_ != Format::Csv) return;
    for (const auto* column : columns_) {
      out.append(column == columns_.front() ? "" : ",").append(column->name);
    }
    out += "\r\n";
  }
  void add(std::string& out, query::RecordText& text, size_t index) {
    if (format_ == Format::Json) out += begun_ ? ",\n" : "[\n";
    begun_ = true;
    const bool json = format_ == Format::Json || format_ == Format::Ndjson;
    const char separator = format_ == Format::Xlsx ? '\t' : ',';
    if (json) out += '{';
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += separator;
      const auto& column = *columns_[i];
      const auto field = text.field(index, column);
      if (json) {
        query::append_json(out.append(keys_[i]), field, column.kind);
      } else if (format_ == Format::Csv) {
        append_csv(out, field, column.kind);
      } else {
        append_copy(out, field);
      }
    }
    if (json) out += '}';
    if (format_ != Format::Json) out += format_ == Format::Csv ? "\r\n" : "\n";
  }
  // What comes last; without it a JSON array is not complete.
  void end(std::string& out) const {
    if (format_ == Format::Json) out += begun_ ? "\n]\n" : "[]\n";
  }

 private:
  const Format format_;
  const query::RawColumns& columns_;
  std::vector<std::string> keys_;
  bool begun_ = false;
};

// What was read last, and the text of it in pieces.
class Pieces {
 public:
  Pieces(query::SnapshotRows rows, query::Names& names, Format format)
      : rows_(std::move(rows)), names_(names), shaper_(format, rows_.columns()) {
    shaper_.begin(text_);
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  const query::SnapshotRows& rows() const { return rows_; }

  // The next piece, empty after the last. Errors: Unavailable.
  Task<Result<std::string>> next() {
    while (!ended_ && text_.size() < kPieceBytes) {
      if (slice_ && index_ < slice_->records.size()) {
        query::RecordText fields(names_, slice_->priced, slice_->records);
        while (index_ < slice_->records.size() && text_.size() < kPieceBytes) {
          shaper_.add(text_, fields, index_++);
        }
        continue;
      }
      slice_.reset();  // before there is another
      auto slice = co_await rows_.next(names_);
      if (!slice) co_return forward(slice);
      slice_ = std::move(*slice);
      index_ = 0;
      if (!slice_) {
        shaper_.end(text_);
        ended_ = true;
      }
    }
    co_return std::exchange(text_, {});
  }

 private:
  query::SnapshotRows rows_;
  query::Names& names_;
  Shaper shaper_;
  std::optional<query::SnapshotRows::Slice> slice_;
  size_t index_ = 0;  // in it, of the next record
  std::string text_;
  bool ended_ = false;
};

Task<Result<void>> stream_rows(std::shared_ptr<Pieces> pieces, std::string piece,
                               http::BodyStream& body) {
  while (!piece.empty()) {
    auto written = co_await body.write(std::move(piece));
    if (!written) co_return written;
    auto next = co_await pieces->next();
    if (!next) co_return forward(next);
    piece = std::move(*next);
  }
  co_return Result<void>{};
}

Task<Result<void>> stream_file(std::shared_ptr<Spreadsheet> file, http::BodyStream& body) {
  for (uint64_t offset = 0;;) {
    auto piece = file->read(offset, kPieceBytes);
    if (!piece) co_return forward(piece);
    if (piece->empty()) co_return Result<void>{};
    offset += piece->size();
    auto written = co_await body.write(std::move(*piece));
    if (!written) co_return written;
  }
}

template <class Work>
Task<std::invoke_result_t<Work>> perform(Work work) {
  co_return work();
}

Task<Result<Export>> write_spreadsheet(std::shared_ptr<Pieces> pieces,
                                       std::shared_ptr<Spreadsheet> file,
                                       asio::thread_pool::executor_type writing) {
  for (;;) {
    auto piece = co_await pieces->next();
    if (!piece) co_return forward(piece);
    if (piece->empty()) break;
    auto add = perform([file, piece = std::move(*piece)] { return file->add(piece); });
    auto added = co_await asio::co_spawn(writing, std::move(add), asio::use_awaitable);
    if (!added) co_return forward(added);
  }
  auto finish = perform([file] { return file->finish(); });
  auto bytes = co_await asio::co_spawn(writing, std::move(finish), asio::use_awaitable);
  if (!bytes) co_return forward(bytes);
  co_return Export{.estimated_rows = pieces->rows().estimated_rows(),
                   .bytes = *bytes,
                   .stream = [file](http::BodyStream& body) { return stream_file(file, body); }};
}

}  // namespace

Result<std::vector<const RawColumn*>> find_columns(const std::vector<std::string>& names) {
  std::vector<const RawColumn*> columns;
  for (const auto& column : query::raw_columns()) {
    if (names.empty()) columns.push_back(&column);
  }
  for (const auto& name : names) {
    auto found = std::ranges::find(query::raw_columns(), name, &RawColumn::name);
    if (found == query::raw_columns().end()) {
      return fail(ErrorCode::InvalidArgument, "column_unknown",
                  fmt::format("there is no column '{}'", name.substr(0, 60)));
    }
    columns.push_back(&*found);
  }
  return columns;
}

Task<Result<Export>> ExportService::start(ExportRequest request) {
  if (auto range = query::check_range(request.start, request.end); !range) co_return forward(range);
  storage::RecordRange range{
      .agents = std::move(request.agents), .start = request.start, .end = request.end};
  auto opened =
      co_await query::SnapshotRows::open(database_, sums_, std::move(range), request.columns);
  if (!opened) co_return forward(opened);
  const auto estimated_rows = opened->estimated_rows();
  auto pieces = std::make_shared<Pieces>(std::move(*opened), names_, request.format);
  if (request.format == Format::Xlsx && request.body_wanted) {
    auto file = Spreadsheet::create(folder_, std::move(request.columns), estimated_rows);
    if (!file) co_return forward(file);
    co_return co_await write_spreadsheet(std::move(pieces), std::move(*file),
                                         writing_.get_executor());
  }
  auto first = co_await pieces->next();
  if (!first) co_return forward(first);
  Export started{.estimated_rows = estimated_rows, .bytes = std::nullopt, .stream = {}};
  started.stream = [pieces, first = std::move(*first)](http::BodyStream& body) {
    return stream_rows(pieces, first, body);
  };
  co_return started;
}

}  // namespace sentinel::exports
