#include "soundex.h"

#include <ctype.h>

/* The digit of each letter from A to Z: '0' for a vowel, '-' for H and W, which don't separate equal digits. */
static const char digits[] = "01230120022455012623010202";

static char digit_of(char letter)
{
    int upper = toupper((unsigned char)letter);

    if (upper < 'A' || upper > 'Z')
        return '0';
    if (upper == 'H' || upper == 'W')
        return '-';
    return digits[upper - 'A'];
}

void soundex(const char *word, char code[SOUNDEX_LENGTH + 1])
{
    int length = 0;
    char previous = '0';

    for (; *word != '\0' && length < SOUNDEX_LENGTH; word++) {
        char digit = digit_of(*word);

        if (length == 0)
            code[length++] = toupper((unsigned char)*word);
        else if (digit != '0' && digit != '-' && digit != previous)
            code[length++] = digit;
        if (digit != '-')
            previous = digit;
    }
    while (length < SOUNDEX_LENGTH)
        code[length++] = '0';
    code[length] = '\0';
}
