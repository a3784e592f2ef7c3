#include "engine/set_cookie.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* --------------------------------------------------------------------- text */

static bool is_control(char c)
{
    unsigned char byte = (unsigned char)c;
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_control(text[i]))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct url_slice trim(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    while (end > at && is_space(end[-1]))
        end--;
    return (struct url_slice){at, (size_t)(end - at)};
}

static const char *find(const char *at, const char *end, char c)
{
    const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
    return found ? found : end;
}

static bool is_word(struct url_slice s, const char *word)
{
    return s.length == strlen(word) && strncasecmp(s.at, word, s.length) == 0;
}

bool cookie_name_is_valid(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_control(name[i]) || is_space(name[i]) || strchr("=;,", name[i]))
            return false;
    return length > 0;
}

bool cookie_value_is_valid(const char *value, size_t length)
{
    return !has_control(value, length) && !memchr(value, ';', length) &&
           trim(value, value + length).length == length;
}

/* -------------------------------------------------------------------- dates */

/* A day since 1970-01-01, in the proleptic Gregorian calendar; years begin in
 * March, so that the leap day is the last of one. */
static int64_t day_number(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - 719468;
}

struct date {
    bool has_time, has_day, has_month, has_year;
    int hour, minute, second, day, month, year;
};

/* `least` to `most` digits and no further one; NULL if it is not so. */
static const char *read_digits(const char *at, const char *end, int least,
                               int most, int *number)
{
    int count = 0;
    *number = 0;
    for (; at < end && isdigit((unsigned char)*at); at++) {
        if (++count > most)
            return NULL;
        *number = *number * 10 + (*at - '0');
    }
    return count >= least ? at : NULL;
}

static bool read_time(struct date *d, const char *at, const char *end)
{
    int *const parts[] = {&d->hour, &d->minute, &d->second};
    int numbers[3];
    for (int i = 0; i < 3; i++) {
        at = read_digits(at, end, 1, 2, &numbers[i]);
        if (!at || (i < 2 && (at == end || *at++ != ':')))
            return false;
    }
    for (int i = 0; i < 3; i++)
        *parts[i] = numbers[i];
    return true;
}

static bool read_month(struct date *d, const char *at, const char *end)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; end - at >= 3 && i < 12; i++)
        if (strncasecmp(at, months + 3 * i, 3) == 0) {
            d->month = i + 1;
            return true;
        }
    return false;
}

static void read_token(struct date *d, const char *at, const char *end)
{
    int number;
    if (!d->has_time && read_time(d, at, end)) {
        d->has_time = true;
    } else if (!d->has_day && read_digits(at, end, 1, 2, &number)) {
        d->has_day = true;
        d->day = number;
    } else if (!d->has_month && read_month(d, at, end)) {
        d->has_month = true;
    } else if (!d->has_year && read_digits(at, end, 2, 4, &number)) {
        d->has_year = true;
        d->year = number;
    }
}

static bool is_delimiter(char c)
{
    unsigned char b = (unsigned char)c;
    return b == 0x09 || (b >= 0x20 && b <= 0x2f) || (b >= 0x3b && b <= 0x40) ||
           (b >= 0x5b && b <= 0x60) || (b >= 0x7b && b <= 0x7e);
}

static int days_in(int month, int year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool exists(const struct date *d)
{
    return d->has_time && d->has_day && d->has_month && d->has_year &&
           d->year >= 1601 && d->day >= 1 &&
           d->day <= days_in(d->month, d->year) && d->hour <= 23 &&
           d->minute <= 59 && d->second <= 59;
}

bool set_cookie_date(const char *text, size_t length, int64_t *wall_ms)
{
    const char *at = text, *end = text + length;
    struct date d = {0};
    while (at < end) {
        const char *start = at;
        while (at < end && !is_delimiter(*at))
            at++;
        if (at > start)
            read_token(&d, start, at);
        at += at < end;
    }
    if (d.year <= 99)
        d.year += d.year >= 70 ? 1900 : 2000;
    if (!exists(&d))
        return false;
    int64_t seconds = day_number(d.year, d.month, d.day) * 86400 +
                      d.hour * 3600 + d.minute * 60 + d.second;
    *wall_ms = seconds * 1000;
    return true;
}

/* --------------------------------------------------------------- attributes */

/* What was given last counts; Max-Age wins over Expires (5.3). */
struct expiry {
    bool has_expires, has_max_age;
    int64_t expires_ms, max_age_ms; /* the latter as a moment */
};

static void read_max_age(struct expiry *e, struct url_slice v, int64_t now_ms)
{
    static const int64_t LONGEST_S = INT64_C(400) * 86400 * 365;
    int64_t seconds = 0;
    bool is_negative = v.length && *v.at == '-';
    for (size_t i = is_negative; i < v.length; i++) {
        if (!isdigit((unsigned char)v.at[i]))
            return;
        if (seconds < LONGEST_S)
            seconds = seconds * 10 + (v.at[i] - '0');
    }
    if (v.length == (size_t)is_negative)
        return;
    if (seconds > LONGEST_S)
        seconds = LONGEST_S;
    e->has_max_age = true;
    e->max_age_ms = is_negative || !seconds ? 0 : now_ms + seconds * 1000;
}

static void read_attribute(struct set_cookie *c, struct expiry *e,
                           struct url_slice name, struct url_slice value,
                           int64_t now_ms)
{
    if (value.length > COOKIE_ATTRIBUTE_MAX_BYTES)
        return;
    if (is_word(name, "Secure")) {
        c->is_secure = true;
    } else if (is_word(name, "Max-Age")) {
        read_max_age(e, value, now_ms);
    } else if (is_word(name, "Expires")) {
        int64_t wall_ms;
        if (set_cookie_date(value.at, value.length, &wall_ms)) {
            e->has_expires = true;
            e->expires_ms = wall_ms;
        }
    } else if (is_word(name, "Domain") && value.length) {
        bool dot = *value.at == '.';
        c->domain = (struct url_slice){value.at + dot, value.length - dot};
    } else if (is_word(name, "Path")) {
        bool usable = value.length && *value.at == '/';
        c->path = usable ? value : (struct url_slice){0};
    }
}

static void read_attributes(struct set_cookie *c, const char *at,
                            const char *end, int64_t now_ms)
{
    struct expiry e = {0};
    while (at < end) {
        const char *stop = find(at, end, ';');
        const char *equals = find(at, stop, '=');
        struct url_slice name = trim(at, equals);
        struct url_slice value = equals < stop ? trim(equals + 1, stop)
                                               : (struct url_slice){stop, 0};
        read_attribute(c, &e, name, value, now_ms);
        at = stop < end ? stop + 1 : end;
    }
    c->expires_ms = e.has_max_age   ? e.max_age_ms
                    : e.has_expires ? e.expires_ms
                                    : COOKIE_NEVER_EXPIRES;
}

bool set_cookie_parse(struct set_cookie *c, const char *text, size_t length,
                      int64_t now_ms)
{
    const char *end = text + length;
    const char *stop = find(text, end, ';');
    const char *equals = find(text, stop, '=');
    *c = (struct set_cookie){0};
    if (equals == stop || has_control(text, length))
        return false;
    c->name = trim(text, equals);
    c->value = trim(equals + 1, stop);
    if (!c->name.length || c->name.length + c->value.length > COOKIE_MAX_BYTES)
        return false;
    read_attributes(c, stop < end ? stop + 1 : end, end, now_ms);
    return true;
}
