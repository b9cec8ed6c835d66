/* svg.c - shapes as text. */
#include "svg.h"

/* Colours that people who see few of them can tell apart (Okabe and Ito), lighter on dark. */
static const struct {
    const char *light, *dark, *dashes;
} series[SVG_SERIES] = {
    {"#0072b2", "#56b4e9", "none"    },
    {"#d55e00", "#ff9f4a", "8 3"     },
    {"#007a5a", "#2fd3a5", "2 3"     },
    {"#a8487f", "#e39cc6", "12 3 2 3"},
    {"#7a6a00", "#f0e442", "5 5"     },
    {"#444444", "#c8c8c8", "1 4"     },
};

static const char light[] = ".ground{fill:#ffffff}.grid{stroke:#e3e3e3}.axis{stroke:#555555}"
                            ".text,.title{fill:#222222}";
static const char dark[] = ".ground{fill:#0d1117}.grid{stroke:#2b3038}.axis{stroke:#a0a6ad}"
                           ".text,.title{fill:#e6e6e6}";

static void put_series(FILE *to, size_t i, const char *colour)
{
    fprintf(to, ".series%zu{stroke:%s}.dot%zu{fill:%s}", i, colour, i, colour);
}

static void put_style(FILE *to)
{
    fputs("<style>text{font-family:sans-serif;font-size:13px}.title{font-size:16px;"
          "font-weight:bold}.path{fill:none;stroke-width:2}",
          to);
    fputs(light, to);
    for (size_t i = 0; i < SVG_SERIES; i++)
        put_series(to, i, series[i].light);
    fprintf(to, "@media(prefers-color-scheme:dark){%s", dark);
    for (size_t i = 0; i < SVG_SERIES; i++)
        put_series(to, i, series[i].dark);
    fputs("}</style>\n", to);
}

static void put_escaped(FILE *to, const char *text)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '&': fputs("&amp;", to); break;
        default: fputc(*c, to);
        }
    }
}

void svg_begin(FILE *to, int width, int height, const char *title)
{
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
            " height=\"%d\" role=\"img\">\n<title>",
            width, height, width, height);
    put_escaped(to, title);
    fputs("</title>\n", to);
    put_style(to);
    fprintf(to, "<rect class=\"ground\" width=\"%d\" height=\"%d\"/>\n", width, height);
}

void svg_end(FILE *to)
{
    fputs("</svg>\n", to);
}

void svg_line(FILE *to, const char *class, struct svg_point from, struct svg_point end)
{
    fprintf(to, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
            from.x, from.y, end.x, end.y);
}

void svg_dot(FILE *to, size_t number, struct svg_point at)
{
    fprintf(to, "<circle class=\"dot%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", number % SVG_SERIES,
            at.x, at.y);
}

void svg_path(FILE *to, size_t number, const struct svg_point points[], size_t n)
{
    const size_t look = number % SVG_SERIES;

    fprintf(to, "<path class=\"path series%zu\" stroke-dasharray=\"%s\" d=\"", look,
            series[look].dashes);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s%.1f %.1f", i ? " L" : "M", points[i].x, points[i].y);
    fputs("\"/>\n", to);
}

static void put_text(FILE *to, const char *class, const char *place, const char *text)
{
    fprintf(to, "<text class=\"%s\" %s>", class, place);
    put_escaped(to, text);
    fputs("</text>\n", to);
}

void svg_text(FILE *to, const char *class, enum svg_anchor anchor, struct svg_point at,
              const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    char place[100];

    snprintf(place, sizeof(place), "text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\"", anchors[anchor],
             at.x, at.y);
    put_text(to, class, place, text);
}

void svg_text_upward(FILE *to, const char *class, struct svg_point at, const char *text)
{
    char place[100];

    snprintf(place, sizeof(place),
             "text-anchor=\"middle\" transform=\"translate(%.1f %.1f) rotate(-90)\"", at.x, at.y);
    put_text(to, class, place, text);
}
