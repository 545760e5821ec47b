package io.helmwatch.config.yaml;

/**
 * One problem of a configuration, without secrets.
 *
 * @param file the file as it was named
 * @param line line from 1; 0 where there is none
 * @param column column from 1; 0 where there is none
 * @param where key path and value, e.g. {@code streams[1] (gate-3).analyze-fps=-2}; empty for the file as a whole
 * @param rule what is expected, e.g. {@code must be >= 0}
 */
public record Problem(String file, int line, int column, String where, String rule) {

    /** One line: {@code site.yaml:12: streams[1] (gate-3).analyze-fps=-2: must be >= 0}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line);
            if (where.isEmpty() && column > 0) {
                text.append(':').append(column);
            }
        }
        text.append(": ");
        if (!where.isEmpty()) {
            text.append(where).append(": ");
        }
        return text.append(rule).toString();
    }
}
