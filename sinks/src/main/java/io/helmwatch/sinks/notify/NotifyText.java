package io.helmwatch.sinks.notify;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A message in words, for people. Threading: any thread. */
public final class NotifyText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ROOT);

    private NotifyText() {}

    /** The subject of a message, or of a digest. */
    public static String subject(List<NotifyMessage> messages, ZoneId zone) {
        String first = subject(messages.get(0), zone);
        return messages.size() == 1 ? first : first + ", and " + (messages.size() - 1) + " more messages";
    }

    /** The text of a message, or of a digest. */
    public static String body(List<NotifyMessage> messages, ZoneId zone) {
        return messages.stream().map(message -> body(message, zone)).collect(Collectors.joining("\n"));
    }

    /** What a placeholder of a template stands for; empty where the first message does not have it. */
    static String value(String placeholder, List<NotifyMessage> messages, ZoneId zone) {
        NotifyMessage message = messages.get(0);
        JsonNode json = message.json();
        return switch (placeholder) {
            case "subject" -> subject(messages, zone);
            case "text" -> body(messages, zone);
            case "type" -> messages.size() == 1 ? message.type().text() : "digest";
            case "camera" -> isOfNode(message) ? "" : message.stream();
            case "node", "rule", "zone", "id" -> message.field(placeholder);
            case "started" -> optionalTime(message, json.has("startedAt") ? "startedAt" : "since", zone);
            case "ended" -> optionalTime(message, "endedAt", zone);
            case "reason" -> json.path("endReason").asText(message.field("reason"));
            case "people" -> json.path("people").path("count").asText("");
            case "confidence" -> json.path("confidence").path("peak").asText("");
            case "picture" -> picture(json);
            default -> throw new IllegalArgumentException("there is no placeholder " + placeholder);
        };
    }

    private static String optionalTime(NotifyMessage message, String field, ZoneId zone) {
        return message.field(field).isEmpty() ? "" : time(message, field, zone);
    }

    private static String picture(JsonNode json) {
        JsonNode snapshot = json.path("snapshot");
        return snapshot.path("drawnUrl").asText(snapshot.path("url").asText(""));
    }

    /** One line: what, where, since when. */
    public static String subject(NotifyMessage message, ZoneId zone) {
        String where = message.stream();
        return switch (message.type()) {
            case INCIDENT_START ->
                what(message) + " at " + place(message) + " since " + time(message, "startedAt", zone);
            case INCIDENT_UPDATE -> what(message) + " at " + place(message) + " continues, " + duration(message);
            case INCIDENT_END -> what(message) + " at " + place(message) + " ended after " + duration(message);
            case INCIDENT_EVIDENCE ->
                "Clip of " + what(message).toLowerCase(Locale.ROOT) + " at " + place(message) + ", "
                        + time(message, "startedAt", zone);
            case STREAM_OFFLINE -> "Camera " + where + " offline since " + time(message, "since", zone);
            case STREAM_BACK -> "Camera " + where + " is back";
            case NODE_LOST -> "Node " + where + " lost, last heard of " + time(message, "since", zone);
            case NODE_BACK -> "Node " + where + " is back";
            case TEST -> "Test of Helmwatch's notifications";
        };
    }

    /** Several lines: everything that a person wants to know. */
    public static String body(NotifyMessage message, ZoneId zone) {
        StringBuilder text = new StringBuilder(subject(message, zone)).append("\n\n");
        JsonNode json = message.json();
        line(text, "Camera", isOfNode(message) ? "" : message.stream());
        line(text, "Node", message.field("node"));
        line(text, "Cluster", message.field("cluster"));
        line(text, "Cameras", message.field("cameras"));
        line(text, "Rule", message.field("rule"));
        line(text, "Zone", message.field("zone"));
        if (json.has("startedAt")) {
            line(text, "Started", time(message, "startedAt", zone));
        }
        if (json.has("endedAt")) {
            line(text, "Ended", time(message, "endedAt", zone) + " (" + message.field("endReason") + ")");
        }
        if (json.has("people")) {
            JsonNode people = json.get("people");
            line(
                    text,
                    "People",
                    people.path("count").asText() + ", limit "
                            + people.path("limit").asText());
        }
        if (json.has("confidence")) {
            line(text, "Confidence", json.path("confidence").path("peak").asText() + " at most");
        }
        line(text, "Reason", message.field("reason"));
        line(text, "Picture", picture(json));
        line(text, "Clip", json.path("clip").path("url").asText(""));
        line(text, "Id", message.id());
        line(text, "Text", message.field("text"));
        return text.toString();
    }

    private static boolean isOfNode(NotifyMessage message) {
        return message.type() == NotifyMessage.Type.NODE_LOST || message.type() == NotifyMessage.Type.NODE_BACK;
    }

    private static String what(NotifyMessage message) {
        if (message.field("kind").equals("no-helmet")) {
            return "No helmet";
        }
        JsonNode people = message.json().path("people");
        return people.path("count").asText() + " people (limit "
                + people.path("limit").asText() + ")";
    }

    private static String place(NotifyMessage message) {
        String zone = message.field("zone");
        return message.stream() + (zone.isEmpty() ? "" : ", " + zone);
    }

    private static String time(NotifyMessage message, String field, ZoneId zone) {
        return TIME.format(Instant.parse(message.field(field)).atZone(zone));
    }

    private static String duration(NotifyMessage message) {
        long seconds = Duration.between(
                        Instant.parse(message.field("startedAt")), Instant.parse(message.field("lastAt")))
                .toSeconds();
        return seconds < 120 ? seconds + " s" : seconds / 60 + " min";
    }

    private static void line(StringBuilder text, String name, String value) {
        if (!value.isEmpty()) {
            text.append(name).append(": ").append(value).append('\n');
        }
    }
}
