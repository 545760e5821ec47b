package io.helmwatch.web.report;

import java.util.List;

/**
 * Headings and tables of a document in HTML, with all texts escaped.
 *
 * <p>Threading: the thread that made it.
 */
final class HtmlDocument {
    private final StringBuilder html = new StringBuilder();

    /** Begins the document. @param style elements of its head that are its style; not escaped */
    HtmlDocument(String title, String style) {
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escaped(title))
                .append("</title>\n")
                .append(style)
                .append("\n</head>\n<body>\n<main>\n");
    }

    void text(String element, String styleClass, String text) {
        html.append('<')
                .append(element)
                .append(styleClass.isEmpty() ? "" : " class=\"" + styleClass + '"')
                .append('>')
                .append(escaped(text))
                .append("</")
                .append(element)
                .append(">\n");
    }

    /** Begins a list of figures. */
    void figures() {
        html.append("<dl class=\"figures\">\n");
    }

    void figure(String name, String value, String remark) {
        html.append("<div><dt>")
                .append(escaped(name))
                .append("</dt><dd>")
                .append(escaped(value))
                .append("</dd>");
        if (!remark.isEmpty()) {
            html.append("<dd class=\"remark\">").append(escaped(remark)).append("</dd>");
        }
        html.append("</div>\n");
    }

    void endFigures() {
        html.append("</dl>\n");
    }

    /** Begins a table. @param texts headings of its columns of text @param numbers of those of numbers, which follow */
    void table(String title, String styleClass, List<String> texts, List<String> numbers) {
        text("h2", "", title);
        html.append("<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"")
                .append(escaped(title))
                .append("\"><table")
                .append(styleClass.isEmpty() ? "" : " class=\"" + styleClass + '"')
                .append("><thead><tr>");
        texts.forEach(heading ->
                html.append("<th scope=\"col\">").append(escaped(heading)).append("</th>"));
        numbers.forEach(heading -> html.append("<th scope=\"col\" class=\"number\">")
                .append(escaped(heading))
                .append("</th>"));
        html.append("</tr></thead><tbody>\n");
    }

    /** A line that names the rows below it. */
    void group(String name, int columns) {
        html.append("</tbody><tbody><tr><th class=\"group\" scope=\"rowgroup\" colspan=\"")
                .append(columns)
                .append("\">")
                .append(escaped(name))
                .append("</th></tr>\n");
    }

    /** A row. @param texts the first of them names the row */
    void row(List<String> texts, List<String> numbers) {
        html.append("<tr>");
        for (int i = 0; i < texts.size(); i++) {
            html.append(i == 0 ? "<th scope=\"row\">" : "<td>")
                    .append(escaped(texts.get(i)))
                    .append(i == 0 ? "</th>" : "</td>");
        }
        numbers.forEach(number ->
                html.append("<td class=\"number\">").append(escaped(number)).append("</td>"));
        html.append("</tr>\n");
    }

    /** A row whose cells have classes of their own. */
    void coloured(String name, List<String> values, List<String> styleClasses) {
        html.append("<tr><th scope=\"row\">").append(escaped(name)).append("</th>");
        for (int i = 0; i < values.size(); i++) {
            html.append("<td class=\"")
                    .append(styleClasses.get(i))
                    .append("\">")
                    .append(escaped(values.get(i)))
                    .append("</td>");
        }
        html.append("</tr>\n");
    }

    void endTable() {
        html.append("</tbody></table></div>\n");
    }

    /** Ends the document. */
    String end() {
        return html.append("</main>\n</body>\n</html>\n").toString();
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
