// Stands in for netsh.exe, which is a stub in Wine: no output, exit code 0. So it is here too, unless LAB_NETSH names a
// folder: then it prints the file there that is named by its arguments, joined by blanks, if there is one, and ends with
// the code LAB_NETSH_CODE.
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
  const char *folder = getenv("LAB_NETSH"), *code = getenv("LAB_NETSH_CODE");
  if (!folder) return 0;
  char path[1024];
  int length = snprintf(path, sizeof path, "%s\\", folder);
  for (int i = 1; i < count && length < (int)sizeof path; i++)
    length += snprintf(path + length, sizeof path - length, "%s%s", i > 1 ? " " : "", arguments[i]);
  FILE *file = length < (int)sizeof path ? fopen(path, "rb") : NULL;
  _setmode(_fileno(stdout), _O_BINARY);
  char text[4096];
  for (size_t read; file && (read = fread(text, 1, sizeof text, file)) > 0;) fwrite(text, 1, read, stdout);
  return code ? atoi(code) : 0;
}
