package store

// The statements of the checks: entity, left, right, detail of each row that breaks a rule.
const (
	// CheckArchive finds aggregates whose kept events are not one after the other.
	CheckArchive = `SELECT kind || ' ' || aggregate, (max(sequence) - min(sequence) + 1)::TEXT || ' events should be kept',
			count(*)::TEXT || ' are', '' FROM archived_event
		GROUP BY kind, aggregate HAVING max(sequence) - min(sequence) + 1 <> count(*) ORDER BY 1 LIMIT 100`

	// CheckEntries finds entries that do not agree with their events.
	CheckEntries = `SELECT t.order_id, 'the entry of ' || t.event_id || ' is at ' || t.recorded_at::TEXT,
			'the event was recorded at ' || e.recorded_at::TEXT, e.event_type
		FROM timeline_entry AS t JOIN timeline_event AS e ON e.event_id = t.event_id
		WHERE t.recorded_at <> e.recorded_at ORDER BY 1 LIMIT 100`

	// CheckMentions finds events that are missing on the timelines of orders to which things belong that they name.
	CheckMentions = `SELECT l.order_id, m.event_id || ' names ' || m.object_id, 'it is not on the timeline', ''
		FROM mention AS m JOIN order_link AS l ON l.object_id = m.object_id
		WHERE NOT EXISTS (SELECT 1 FROM timeline_entry AS t WHERE t.order_id = l.order_id AND t.event_id = m.event_id)
		ORDER BY 1, 2 LIMIT 100`

	// CheckExceptions finds exceptions that contradict their steps or their state.
	CheckExceptions = `SELECT e.exception_id::TEXT, e.steps::TEXT || ' steps, ' || e.state,
			(SELECT count(*) FROM exception_step AS s WHERE s.exception_id = e.exception_id AND s.position <= e.steps)::TEXT ||
			' are stored, open: ' || e.is_open::TEXT, e.class
		FROM exception AS e WHERE e.is_open = (e.state = 'RESOLVED') OR e.sequence > e.steps
			OR e.steps <> (SELECT count(*) FROM exception_step AS s WHERE s.exception_id = e.exception_id AND s.position <= e.steps)
		ORDER BY 1 LIMIT 100`
)
