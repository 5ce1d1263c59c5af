/** A DMARC report of one day, as mail providers send it. */
export const dmarcReport =
  '<feedback><report_metadata><org_name>Mail Co</org_name><email>d@mail.example</email>' +
  '<report_id>r1</report_id><date_range><begin>1795305600</begin><end>1795391999</end></date_range>' +
  '</report_metadata><policy_published><domain>south.example</domain><p>none</p></policy_published>' +
  '<record><row><source_ip>192.0.2.1</source_ip><count>10</count><policy_evaluated>' +
  '<disposition>none</disposition><dkim>fail</dkim><spf>pass</spf></policy_evaluated></row>' +
  '<identifiers><header_from>south.example</header_from></identifiers><auth_results></auth_results>' +
  '</record></feedback>'

/** A TLS report of one day. */
export const tlsReport: string = JSON.stringify({
  'organization-name': 'Mail Co',
  'date-range': {
    'start-datetime': '2026-11-22T00:00:00Z',
    'end-datetime': '2026-11-22T23:59:59Z',
  },
  'report-id': 't1',
  policies: [
    {
      policy: { 'policy-type': 'sts', 'policy-domain': 'south.example' },
      summary: { 'total-successful-session-count': 8, 'total-failure-session-count': 2 },
      'failure-details': [{ 'result-type': 'certificate-expired', 'failed-session-count': 2 }],
    },
  ],
})
