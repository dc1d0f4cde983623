// Asio's TLS streams, compiled once: only the stand-in uses them, the gateway has its own.
#include <boost/asio/ssl/impl/src.hpp>
