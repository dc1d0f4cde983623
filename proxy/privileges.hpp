// Privileges: what the process may do beyond its user's files and sockets: nearly nothing. Called
// once, by the main thread before there is another, for threads inherit it. Asks for nothing, and
// changes no user.
#pragma once

namespace proxy {

// Gives up every capability but the one to bind a port below 1024, where that was held, and the way
// to get others by running a program. Throws std::runtime_error where the kernel refuses.
void drop_privileges();

}  // namespace proxy
