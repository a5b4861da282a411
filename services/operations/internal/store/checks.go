package store

// CheckExceptions finds exceptions that contradict their steps or their state: entity, left, right, detail.
const CheckExceptions = `SELECT e.exception_id::TEXT, e.steps::TEXT || ' steps, ' || e.state,
			(SELECT count(*) FROM exception_step AS s WHERE s.exception_id = e.exception_id AND s.position <= e.steps)::TEXT ||
			' are stored, open: ' || e.is_open::TEXT, e.class
		FROM exception AS e WHERE e.is_open = (e.state = 'RESOLVED') OR e.sequence > e.steps
			OR e.steps <> (SELECT count(*) FROM exception_step AS s WHERE s.exception_id = e.exception_id AND s.position <= e.steps)
		ORDER BY 1 LIMIT 100`
