// The built-in contract's patterns, written out: std::regex allocates and recurses, and there are
// six of them. Each takes decoded text and says whether all of it matches.
#pragma once

#include <string_view>

namespace filters {

bool matches_locale(std::string_view text);        // [A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}
bool matches_device_token(std::string_view text);  // [!-~]{1,4096}
bool matches_device_type(std::string_view text);   // (ios|android)(-[a-z0-9]+)*
bool matches_platform(std::string_view text);      // ios|android
bool matches_app_version(
    std::string_view text);  // [0-9]{1,9}(\.[0-9]{1,9}){0,3}([-+][0-9A-Za-z.]{1,32})?
bool matches_preference_name(std::string_view text);  // [A-Za-z0-9_]{1,128}

}  // namespace filters
