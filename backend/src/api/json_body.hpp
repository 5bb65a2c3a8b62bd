// Small JSON bodies: an object, read whole. For anything larger there are decoders of their own.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sentinel::api {

using TextFields = std::map<std::string, std::string, std::less<>>;

// Grows the body's spare capacity, as the parser needs it. Errors: InvalidArgument (not an object
// of texts, a name that is not in `known`, a text over `length_max` bytes or with a NUL).
Result<TextFields> read_text_fields(std::string& body,
                                    std::initializer_list<std::string_view> known,
                                    size_t length_max);

// The same of an object whose members are of several kinds, each asked for by its name. What is
// null counts as not sent. Errors of all: InvalidArgument (field_invalid, field_missing,
// field_unknown, json_invalid).
class JsonFields {
 public:
  static Result<JsonFields> read(std::string_view body,
                                 std::initializer_list<std::string_view> known);

  bool has(std::string_view name) const;
  // Without NUL; how long one may be is for the services to say.
  Result<std::string> text(std::string_view name) const;
  Result<std::optional<std::string>> maybe_text(std::string_view name) const;
  Result<std::optional<int>> maybe_integer(std::string_view name, int min, int max) const;
  Result<std::optional<bool>> maybe_flag(std::string_view name) const;
  // Empty where there are none.
  Result<std::vector<std::string>> texts(std::string_view name, size_t count_max) const;
  // An object as its JSON.
  Result<std::optional<std::string>> maybe_object(std::string_view name) const;
  // The members of an object of texts; null takes away what there was.
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;
  Result<std::optional<Changes>> maybe_changes(std::string_view name, size_t count_max) const;
  // The same of the whole body.
  Result<Changes> changes() const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace sentinel::api
