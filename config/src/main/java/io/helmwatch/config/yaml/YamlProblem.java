package io.helmwatch.config.yaml;

import io.helmwatch.config.secret.Redaction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A syntax error in words for people who do not know YAML's grammar, without text of the line.
 *
 * @param mark where it is; null for the file as a whole
 * @param rule what is wrong and what to do
 */
record YamlProblem(@Nullable Mark mark, String rule) {
    private static final String INDENT =
            "its indentation fits no line above: keys of one section start in the same column,"
                    + " and so do the dashes of one list";
    private static final Pattern BAD_CHARACTER =
            Pattern.compile("found character '(.)' that cannot start any token.*", Pattern.DOTALL);

    static YamlProblem of(MarkedYAMLException e, String yaml) {
        String problem = String.valueOf(e.getProblem());
        Mark mark = e.getProblemMark();
        Matcher character = BAD_CHARACTER.matcher(problem);
        if (problem.contains("TAB")) {
            return new YamlProblem(mark, "a tab where YAML expects spaces");
        }
        if (character.matches()) {
            return new YamlProblem(
                    mark, "a value that starts with " + character.group(1) + " must be in quotation marks");
        }
        if (problem.startsWith("mapping values are not allowed")) {
            return new YamlProblem(mark, colon(mark, yaml));
        }
        if (problem.startsWith("could not find expected ':'")) {
            return new YamlProblem(
                    e.getContextMark(),
                    "a line that is no 'key: value': is the colon, or the space after it, missing?");
        }
        if (problem.startsWith("expected <block end>")) {
            return new YamlProblem(
                    mark,
                    problem.endsWith("'<scalar>'")
                            ? "text after a quotation mark that ends the value: write a quotation mark inside twice"
                            : INDENT);
        }
        if (problem.startsWith("expected ',' or ']'")) {
            return new YamlProblem(e.getContextMark(), "a list in [ ] without a comma or its closing ]");
        }
        if (problem.startsWith("expected ',' or '}'")) {
            return new YamlProblem(e.getContextMark(), "a section in { } without a comma or its closing }");
        }
        if (problem.startsWith("found unexpected end of stream")) {
            return new YamlProblem(e.getContextMark(), "a quotation mark that is never closed");
        }
        if (problem.startsWith("but found another document")) {
            return new YamlProblem(mark, "a second document after '---': expected one");
        }
        if (problem.startsWith("found undefined alias ")) {
            String name = problem.substring("found undefined alias ".length());
            return new YamlProblem(mark, "an alias *" + Redaction.redact(Yaml.shorten(name)) + " without its anchor &");
        }
        if (problem.startsWith("found unknown escape character")) {
            return new YamlProblem(mark, "a backslash in \"...\" that stands for nothing: use '...' for text as it is");
        }
        if (problem.startsWith("Global tag is not allowed")) {
            return new YamlProblem(mark, "a value that starts with ! must be in quotation marks");
        }
        return new YamlProblem(mark, firstLine(problem));
    }

    static String firstLine(@Nullable String message) {
        String text = message == null ? "unreadable" : message.strip();
        int end = text.indexOf('\n');
        return Redaction.redact(Yaml.shorten(end < 0 ? text : text.substring(0, end)));
    }

    /** A colon where none may be: within a value, or in a line that continues the value above. */
    private static String colon(Mark mark, String yaml) {
        String[] lines = yaml.split("\n", -1);
        String line = mark.getLine() < lines.length ? lines[mark.getLine()] : "";
        String before = line.substring(0, Math.min(mark.getColumn(), line.length()));
        if (before.contains(": ")) {
            return "a value with ': ' in it must be in quotation marks";
        }
        for (int above = mark.getLine() - 1; above >= 0; above--) {
            String text = lines[above].strip();
            if (!text.isEmpty() && !text.startsWith("#")) {
                return text.contains(":")
                        ? "is indented further than line " + (above + 1) + ", which has a value already"
                        : "line " + (above + 1) + " is no 'key: value': is the colon missing?";
            }
        }
        return INDENT;
    }
}
