/* attr — the compiler attributes the project uses, behind one name each. */
#pragma once

#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ATTR_NODISCARD __attribute__((warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))
#define ATTR_RETURNS_NONNULL __attribute__((returns_nonnull))
