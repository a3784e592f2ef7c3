#include "base/procfile.h"

#include <stdio.h>
#include <string.h>

char *procfile_line(const char *path, const char *start, char *line,
                    size_t size)
{
    char *found = NULL;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, (int)size, file))
        if (strncmp(line, start, strlen(start)) == 0)
            found = line + strlen(start);
    if (file)
        fclose(file);
    return found;
}
