#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tides.h"

static sqlite3 *database;

int open_tides(const char *path)
{
    return sqlite3_open(path, &database) == SQLITE_OK
        && sqlite3_exec(database, "CREATE TABLE IF NOT EXISTS tides (text TEXT)", NULL, NULL, NULL) == SQLITE_OK;
}

int add_tide(const char *text)
{
    sqlite3_stmt *statement;
    int done;
    if (sqlite3_prepare_v2(database, "INSERT INTO tides VALUES (?)", -1, &statement, NULL) != SQLITE_OK)
        return 0;
    sqlite3_bind_text(statement, 1, text, -1, SQLITE_TRANSIENT);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return done;
}

int list_tides(char *out, size_t size)
{
    sqlite3_stmt *statement;
    size_t length = 0;
    out[0] = 0;
    if (sqlite3_prepare_v2(database, "SELECT text FROM tides", -1, &statement, NULL) != SQLITE_OK)
        return 0;
    while (sqlite3_step(statement) == SQLITE_ROW && length < size)
        length += snprintf(out + length, size - length, "%s\n", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return 1;
}
