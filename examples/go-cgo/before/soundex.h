#ifndef SOUNDEX_H
#define SOUNDEX_H

#define SOUNDEX_LENGTH 4

/* Writes the code of word, and a terminating zero. */
void soundex(const char *word, char code[SOUNDEX_LENGTH + 1]);

#endif
