package io.helmwatch.sinks.notify;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with placeholders such as {@code {{camera}}}, see {@link io.helmwatch.config.sink.NotifyConfig#PLACEHOLDERS}. What a message does not have
 * is empty. Of a digest, {@code subject} and {@code text} say all messages, the others the first.
 *
 * <p>Threading: any thread.
 */
public final class NotifyTemplate {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*([^{}]*?)\\s*}}");

    private final String text;
    private final UnaryOperator<String> escape;

    private NotifyTemplate(String text, UnaryOperator<String> escape) {
        this.text = text;
        this.escape = escape;
    }

    /** A template of a text for people. */
    public static NotifyTemplate ofText(String text) {
        return new NotifyTemplate(text, value -> value);
    }

    /** A template of JSON, whose placeholders stand within its strings. */
    public static NotifyTemplate ofJson(String text) {
        return new NotifyTemplate(
                text, value -> new String(JsonStringEncoder.getInstance().quoteAsString(value)));
    }

    /**
     * The text for messages.
     *
     * @param messages one, or those of a digest
     * @param zone time zone of the times
     */
    public String render(List<NotifyMessage> messages, ZoneId zone) {
        Matcher placeholder = PLACEHOLDER.matcher(text);
        StringBuilder rendered = new StringBuilder();
        while (placeholder.find()) {
            String value = NotifyText.value(placeholder.group(1).toLowerCase(Locale.ROOT), messages, zone);
            placeholder.appendReplacement(rendered, Matcher.quoteReplacement(escape.apply(value)));
        }
        return placeholder.appendTail(rendered).toString();
    }
}
