/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "report.h"

enum { LEFT = 90, WIDTH = 1100, ROW = 20, BAR = 14, TOP = 50, CHARACTER = 7, ROWS_MAX = 4096 };

/* Steps of one worker, or of early-init itself, in as many rows as keep bars and names apart. */
struct canvas {
	const struct report *r;
	struct buf *out;
	uint64_t from, span;	/* the time that WIDTH stands for */
	int row;		/* first free one */
	int rows_end[ROWS_MAX]; /* where each row of the present lane is taken up to */
};

static void escape(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else
			/* XML has no way to write the other control characters; bytes beyond ASCII may be no UTF-8. */
			buf_add(out, c < ' ' || c >= 127 ? "?" : text, 1);
	}
}

static int x_of(const struct canvas *c, uint64_t ns)
{
	uint64_t at = ns > c->from ? ns - c->from : 0;
	return LEFT + (int)((double)at / (double)c->span * WIDTH);
}

static const char *colour(const struct report_step *s)
{
	if (s->error)
		return "#7b3294";
	if (s->critical)
		return "#d7301f";
	return strcmp(s->kind, "module") == 0 ? "#9ecae1" : "#bdbdbd";
}

/* First row of the lane whose last bar and name end left of X; it is then taken up to END. */
static int take_row(struct canvas *c, int x, int end)
{
	int i = 0;
	while (i + 1 < ROWS_MAX && c->rows_end[i] > x)
		i++;
	c->rows_end[i] = end;
	return i;
}

static void draw_step(struct canvas *c, const struct report_step *s, int row)
{
	int x = x_of(c, s->start_ns), width = x_of(c, s->end_ns) - x, y = TOP + (c->row + row) * ROW;
	width = width < 2 ? 2 : width;
	buf_printf(c->out, "<g><title>");
	escape(c->out, s->name);
	buf_printf(c->out, ": %.1f ms", (double)(s->end_ns - s->start_ns) / 1e6);
	const char *more[] = {s->detail, s->why};
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		if (!more[i])
			continue;
		buf_puts(c->out, "; ");
		escape(c->out, more[i]);
	}
	buf_printf(c->out, "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>", x, y, width, BAR,
		   colour(s));
	buf_printf(c->out, "<text x=\"%d\" y=\"%d\"%s>", x + 3, y + BAR - 3,
		   s->critical ? " font-weight=\"bold\"" : "");
	escape(c->out, s->name);
	buf_puts(c->out, "</text></g>\n");
}

static void draw_lane(struct canvas *c, int lane, const char *title)
{
	int rows = 0;
	memset(c->rows_end, 0, sizeof(c->rows_end));
	for (size_t i = 0; i < c->r->steps.count; i++) {
		const struct report_step *s = &c->r->steps.items[i];
		if (s->lane != lane)
			continue;
		int x = x_of(c, s->start_ns), end = x_of(c, s->end_ns);
		int name_end = x + (int)strnlen(s->name, 200) * CHARACTER + 8;
		int row = take_row(c, x, end > name_end ? end : name_end);
		draw_step(c, s, row);
		rows = row + 1 > rows ? row + 1 : rows;
	}
	if (!rows)
		return;
	buf_printf(c->out, "<text x=\"4\" y=\"%d\">%s</text>\n", TOP + c->row * ROW + BAR - 3, title);
	c->row += rows;
	buf_printf(c->out, "<line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>\n", TOP + c->row * ROW - 3,
		   LEFT + WIDTH + 100, TOP + c->row * ROW - 3);
}

/* A line every 1, 2 or 5 times a power of ten milliseconds: at most twenty. */
static void draw_scale(struct canvas *c)
{
	uint64_t step = 1000000;
	for (unsigned i = 0; c->span / step > 20; i++)
		step = i % 3 == 1 ? step / 2 * 5 : step * 2;
	for (uint64_t at = 0; at <= c->span; at += step) {
		int x = x_of(c, c->from + at);
		buf_printf(c->out,
			   "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#eee\"/>"
			   "<text x=\"%d\" y=\"%d\" fill=\"#666\">%llu ms</text>\n",
			   x, TOP - 8, x, TOP + c->row * ROW, x, TOP - 12, (unsigned long long)(at / 1000000));
	}
}

void report_svg(const struct report *r, struct buf *out)
{
	struct buf bars = {0};
	struct canvas *c = xcalloc(1, sizeof(*c));
	int lanes = 0;
	c->r = r;
	c->out = &bars;
	c->from = r->init_start_ns;
	c->span = r->end_ns > c->from ? r->end_ns - c->from : 1;
	for (size_t i = 0; i < r->steps.count; i++)
		lanes = r->steps.items[i].lane >= lanes ? r->steps.items[i].lane + 1 : lanes;
	draw_lane(c, -1, "early-init");
	for (int i = 0; i < lanes; i++) {
		char title[32];
		snprintf(title, sizeof(title), "worker %d", i);
		draw_lane(c, i, title);
	}
	buf_printf(out,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
		   "font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		   "<text x=\"4\" y=\"16\" font-size=\"14\">kernel ",
		   LEFT + WIDTH + 100, TOP + c->row * ROW + 20);
	escape(out, r->kernel ? r->kernel : "unknown");
	buf_printf(out, ": %.1f ms until /init, %.1f ms in the initramfs; red: what the boot waited for</text>\n",
		   (double)r->init_start_ns / 1e6, (double)c->span / 1e6);
	c->out = out;
	draw_scale(c);
	if (bars.len)
		buf_add(out, bars.data, bars.len);
	buf_puts(out, "</svg>\n");
	buf_free(&bars);
	free(c);
}
